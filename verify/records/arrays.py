"""Bring arrays into the form of the essay, and compare the bits of two arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from verify.records.trace import Array


def label_rows(y: Array, outputs: int, dtype: DTypeLike, sparse: bool) -> Array:
    """Return labels as rows [N, ..., n]: whole-number labels [N, ...] of a sparse loss as one-hot rows."""
    return np.eye(outputs, dtype=dtype)[y.astype(np.int64)] if sparse else y.astype(dtype)


def as_row(array: Array) -> Array:
    """Return an array in the shape that the essay writes: a bias [n] as [1, n], all others as they are."""
    return array.reshape(1, -1) if array.ndim == 1 else array


def examples(value: Any) -> int:
    """Return the number of examples in x or y, which may be a list or dictionary of parts."""
    while isinstance(value, dict | list | tuple):
        if not value:
            return 0
        value = next(iter(value.values())) if isinstance(value, dict) else value[0]
    return len(value)


def of_each(value: Any, function: Callable[[Any], Any]) -> Any:
    """Return what a function gives for x or y, or for each of its parts, in the same structure."""
    if isinstance(value, dict):
        return {name: function(part) for name, part in value.items()}
    return [function(part) for part in value] if isinstance(value, list | tuple) else function(value)


def same_bits(a: Array, b: Array) -> bool:
    """Return True if shapes, types and all bits are equal. NaN equals any NaN, and -0 differs from 0."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    bits = f"u{a.itemsize}"  # compares whole numbers, because `tobytes` would copy both arrays
    differ = a.view(bits) != b.view(bits)
    return bool(not differ.any() or (np.isnan(a[differ]) & np.isnan(b[differ])).all())
