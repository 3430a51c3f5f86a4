"""Bring arrays into the form of the essay, and compare the bits of two arrays."""

import numpy as np
from numpy.typing import DTypeLike

from verify.records.trace import Array


def one_hot(y: Array, outputs: int, dtype: DTypeLike) -> Array:
    """Return whole-number labels [N] or [N, 1] as one-hot rows [N, n]. Return any other array as it is."""
    if y.dtype.kind in "iu" and (y.ndim == 1 or y.shape[1:] == (1,)) and outputs > 1:
        return np.eye(outputs, dtype=dtype)[y.reshape(-1)]
    return y


def as_rows(name: str, array: Array) -> Array:
    """Return an array in the shape that the essay writes: a bias [n] as [1, n], an image of several rows as one row."""
    if array.ndim == 1:
        return array.reshape(1, -1)
    return array.reshape(len(array), -1) if array.ndim > 2 else array


def same_bits(a: Array, b: Array) -> bool:
    """Return True if shapes, types and all bits are equal. NaN equals the same NaN, and -0 differs from 0."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    bits = f"u{a.itemsize}"  # compares whole numbers, because `tobytes` would copy both arrays
    return np.array_equal(a.view(bits), b.view(bits))
