"""The orthogonal regularizer: what the cost adds for the angles between the rows or the columns of a matrix.

The letters: U is the matrix with its rows, or its columns, brought to the length 1; S = U Uᵀ has the cosine of each
pair of rows (UᵀU of columns). There are n (n - 1) / 2 pairs of n rows, and S has each of them twice.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np

from reference.layers.unit_normalization import unit, unit_gradient
from reference.notation import text_of
from reference.operations import Function, added, product, rounded_as, sign

EPSILON = 1e-7  # the least length: Keras's default epsilon, which keras.ops.normalize takes
ALONG = {"rows": (-1,), "columns": (-2,)}  # the axis along which a row or a column runs


def cosines(U: Any, mode: str) -> Any:
    """S without its diagonal: U Uᵀ of unit rows, UᵀU of unit columns.  U [m, n] -> [m, m] or [n, n].  Keras"""
    S = U @ U.T if mode == "rows" else U.T @ U
    return S * ~np.eye(len(S), dtype=np.bool_)


def pairs(P: Any, mode: str) -> float:
    """n (n - 1) / 2, for n rows or columns.  P [m, n] -> number.  Keras: OrthogonalRegularizer"""
    n = int(P.shape[0 if mode == "rows" else 1])
    return n * (n - 1) / 2


def mean_cosine(P: Any, factor: float, mode: str) -> Any:
    """λ Σ |s| / 2, divided by the number of pairs.  P [m, n] -> scalar.  Keras: OrthogonalRegularizer"""
    S = cosines(unit(P, axes=ALONG[mode], least=EPSILON), mode)
    return product(rounded_as(factor, P), 0.5, 1 / pairs(P, mode), np.sum(np.maximum(S, -S)))


def mean_cosine_slope(P: Any, factor: float, mode: str) -> Any:
    """dU = dS U + dSᵀ U of rows, U dSᵀ + U dS of columns, with dS = λ sign(s) / 2 over the pairs; then dP from dU.

    P [m, n] -> [m, n].  Keras: OrthogonalRegularizer, normalize
    """
    U = unit(P, axes=ALONG[mode], least=EPSILON)
    S = cosines(U, mode)
    dS = product(rounded_as(factor, P), 0.5, 1 / pairs(P, mode)) * sign(S)
    dU = added(dS @ U, dS.T @ U) if mode == "rows" else added(U @ dS.T, U @ dS)
    return unit_gradient(dU, P, axes=ALONG[mode], least=EPSILON)


@dataclass(frozen=True)
class Orthogonal:
    """λ times the mean size of the cosines between rows or columns, with λ `factor`.  Keras: OrthogonalRegularizer

    Raises ValueError for a factor that is negative or not finite, and for another mode.
    """

    kind: ClassVar[str] = "orthogonal"
    source: ClassVar[str] = "Keras: OrthogonalRegularizer"
    elementwise: ClassVar[bool] = False
    factor: float = 0.01
    mode: str = "rows"

    def __post_init__(self) -> None:
        if not isinstance(self.factor, float) or not 0 <= self.factor < np.inf:
            raise ValueError(f"a factor of a regularizer must be a finite number of 0 or more, not {self.factor!r}")
        if self.mode not in ALONG:
            raise ValueError(f"an orthogonal regularizer is of rows or columns, not of {self.mode!r}")

    def __str__(self) -> str:
        return text_of(self.kind, self)

    @property
    def cost(self) -> Function:
        """The penalty, a function of the parameter."""
        return partial(mean_cosine, factor=self.factor, mode=self.mode)

    @property
    def slope(self) -> Function:
        """The slope of the penalty, a function of the parameter."""
        return partial(mean_cosine_slope, factor=self.factor, mode=self.mode)
