"""Arrays as the essay writes them, and whether two have the same bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.records.trace import Array


def one_hot(y: Array, outputs: int, dtype: Any) -> Array:
    """Whole-number labels [N] or [N, 1] as rows [N, n]; rows as they are."""
    if y.dtype.kind in "iu" and (y.ndim == 1 or y.shape[1:] == (1,)) and outputs > 1:
        return np.eye(outputs, dtype=dtype)[y.reshape(-1)]
    return y


def as_rows(name: str, array: Array) -> Array:
    """Keras keeps a bias as [n]; the essay writes it [1, n], and an image as one row."""
    if array.ndim == 1:
        return array.reshape(1, -1)
    return array.reshape(len(array), -1) if array.ndim > 2 else array


def same_bits(a: Array, b: Array) -> bool:
    """Equal in every bit; NaN equals NaN, and -0 differs from 0."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    bits = f"u{a.itemsize}"  # as whole numbers, without the copies that bytes would be
    return bool(np.array_equal(a.view(bits), b.view(bits)))
