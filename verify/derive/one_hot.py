"""Operations that choose or add up rows by their numbers, as products with one-hot rows: [x = k] is 1 or 0. And a sign.

A row is counted from 0, as TensorFlow counts it. The operations themselves do not make these large products.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from reference.operations import added_rows, chosen_rows, sign


def chosen(W: Any, X: Any) -> Any:
    """Return Σ_k [x = k] w_k.  W [V, n], X [N, ...] -> [N, ..., n]"""
    return one_hot(X, np.arange(len(W))) @ W


def added(start: Any, D: Any, X: Any, numbers: Any) -> Any:
    """Return the start plus Σ_i [x_i = k] d_i for each number k.  D [N, ..., n], X [N, ...] -> [V, n]"""
    rows = D.reshape(-1, D.shape[-1])
    return start + one_hot(X.reshape(-1), numbers).T @ rows


def one_hot(X: Any, numbers: Any) -> Any:
    """Return 1 where a number is this one, and 0 elsewhere.  X [...], numbers [V] -> [..., V]"""
    return X.reshape(*X.shape, 1) == numbers


def by_comparing(x: Any) -> Any:
    """Return [x > 0] - [x < 0].  Any shape -> its shape"""
    return 1.0 * (x > 0) - 1.0 * (x < 0)


BY_HAND: dict[Any, Callable[..., Any]] = {chosen_rows: chosen, added_rows: added, sign: by_comparing}
