"""Bring arrays into the form of the essay, and compare the bits of two arrays."""

import numpy as np
from numpy.typing import DTypeLike

from verify.records.trace import Array


def label_rows(y: Array, outputs: int, dtype: DTypeLike, sparse: bool) -> Array:
    """Return labels as rows [N, n]: whole-number labels [N] or [N, 1] of a sparse loss as one-hot rows.

    Other labels of shape [N] become a column, as Keras takes them.
    """
    if sparse and (y.ndim == 1 or y.shape[1:] == (1,)):
        return np.eye(outputs, dtype=dtype)[y.reshape(-1).astype(np.int64)]
    return (y.reshape(-1, 1) if y.ndim == 1 else y).astype(dtype)


def as_row(array: Array) -> Array:
    """Return an array in the shape that the essay writes: a bias [n] as [1, n], all others as they are."""
    return array.reshape(1, -1) if array.ndim == 1 else array


def same_bits(a: Array, b: Array) -> bool:
    """Return True if shapes, types and all bits are equal. NaN equals any NaN, and -0 differs from 0."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    bits = f"u{a.itemsize}"  # compares whole numbers, because `tobytes` would copy both arrays
    differ = a.view(bits) != b.view(bits)
    return bool(not differ.any() or (np.isnan(a[differ]) & np.isnan(b[differ])).all())
