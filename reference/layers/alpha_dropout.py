"""Alpha dropout: numbers are replaced by what SELU gives far below 0; a scale and a shift restore mean and variance."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from reference.layers.dropout import Dropout
from reference.operations import choose, rounded_as

LOWEST = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946  # α' = -α λ of SELU


def scale_of(rate: float) -> float:
    """a = ((1 - p) (1 + p α'²))^(-1/2), which restores a variance of 1.  Scalar -> scalar.  Klambauer et al. 2017"""
    return float(((1 - rate) * (1 + rate * LOWEST**2)) ** -0.5)


def shift_of(rate: float) -> float:
    """b = -a α' p, which restores a mean of 0.  Scalar -> scalar.  Klambauer et al. 2017"""
    return -scale_of(rate) * LOWEST * rate


def alpha_dropped(A: Any, M: Any, scale: float, offset: float) -> Any:
    """a x + b, where x is A if it is kept and α' if not.  A, M [N, …] -> D [N, …].  Klambauer et al. 2017"""
    return choose(M > 0, A, rounded_as(LOWEST, A)) * scale + offset


def alpha_dropped_gradient(dD: Any, M: Any, scale: float) -> Any:
    """Back through alpha dropout: a dD where A is kept, else 0.  dD, M [N, …] -> dA [N, …].  Klambauer et al. 2017"""
    return dD * scale * (M > 0)


@dataclass(frozen=True)
class AlphaDropout(Dropout):
    """D(l) = a (A(l) M(l) + α' (1 - M(l))) + b, M(l) drawn anew in each step.  Klambauer et al. 2017

    `rate` and `shared` are those of a Dropout.
    """

    kind = "alpha_dropout"
    source = "Klambauer et al. 2017"
    scales = False

    def functions(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """Return the functions of D(l) and of dA(l)."""
        scale, offset = scale_of(self.rate), shift_of(self.rate)
        return partial(alpha_dropped, scale=scale, offset=offset), partial(alpha_dropped_gradient, scale=scale)
