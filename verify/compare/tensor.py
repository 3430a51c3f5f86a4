"""Compare the numbers of one tensor with their bounds."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from verify.bounds import Ball
from verify.records.precision import Floats, Precision
from verify.records.trace import Array

PASSING = ("reproduced", "equal", "within")
NAN = float("nan")


@dataclass(frozen=True)
class Comparison:
    """The result for one tensor, in one step and one mode.

    The worst element is the one with the largest error/bound (`utilisation`). `allowed`, `by_hand` and `tensorflow`
    are its bound and its values, `worst_index` its index, counted from 0.
    """

    step: int
    order: int
    tensor: str
    equation: str
    layer: int
    shape: tuple[int, ...]
    mode: str
    verdict: str
    max_error: float = NAN
    allowed: float = NAN
    utilisation: float = NAN
    max_ulp: float = NAN
    equal_share: float = NAN
    worst_index: tuple[int, ...] = ()
    by_hand: float = NAN
    tensorflow: float = NAN
    explanation: str = ""
    outside: int = 0
    elements: int = 0
    reproduced: int = 0  # how many numbers NumPy computes to the same bits from TensorFlow's inputs

    @property
    def passed(self) -> bool:
        """True if the tensor agrees with its equation."""
        return self.verdict in PASSING

    @property
    def failed(self) -> bool:
        """True if a run cannot pass with this comparison.

        A tensor that chained mode cannot judge is judged in local mode, so the run may pass.
        """
        return not self.passed and (self.mode, self.verdict) != ("chained", "unjudged")

    @property
    def reproduced_share(self) -> float:
        """Share of reproduced numbers; NaN in chained mode, and if nothing was compared."""
        return self.reproduced / self.elements if self.mode == "local" and self.elements else NAN


@dataclass(frozen=True)
class Tolerance:
    """A fixed tolerance, rtol·|by hand| + atol, which replaces the derived bound."""

    rtol: float
    atol: float

    def bound(self, by_hand: Floats) -> Floats:
        """Return the largest difference that the tolerance allows at each element."""
        with np.errstate(over="ignore"):
            bound: Floats = self.atol + self.rtol * np.abs(by_hand)
        return bound


def bound_of(ball: Ball, tolerance: Tolerance | None) -> Floats:
    """Return the bound of each element: the fixed tolerance if there is one, else the ball's radius."""
    return tolerance.bound(ball.value) if tolerance else ball.spread()


@dataclass(frozen=True)
class Errors:
    """A tensor by hand and by TensorFlow, with its errors: float64 arrays of one shape.

    `utilisation` is error over bound, `ulps` the error in units in the last place.
    """

    by_hand: Floats
    tensorflow: Floats
    bound: Floats
    error: Floats
    utilisation: Floats
    ulps: Floats

    @classmethod
    def of(cls, by_hand: Floats, bound: Floats, tensorflow: Array, precision: Precision) -> Self:
        """Return the errors of a tensor; where the error is not finite, neither is its utilisation."""
        actual = tensorflow.astype(np.float64)
        with np.errstate(all="ignore"):
            error = np.abs(actual - by_hand)
            utilisation = np.where(error == 0, 0.0, error / bound)
            ulps = error / precision.spacing(np.maximum(np.abs(by_hand), np.abs(actual)))
        return cls(by_hand, actual, np.broadcast_to(bound, error.shape), error, utilisation, ulps)


def values(
    by_hand: Floats, bound: Floats, tensorflow: Array, precision: Precision, same: Array | bool = False
) -> dict[str, Any]:
    """Return the verdict and the figures of a Comparison, from two arrays of one shape.

    Where the bound is 0, the numbers must be equal. `same` is the mask of reproduced numbers.
    """
    errors = Errors.of(by_hand, bound, np.asarray(tensorflow), precision)
    finite = np.isfinite(errors.tensorflow) & np.isfinite(by_hand)
    badness = errors.utilisation if finite.all() else ~finite
    worst = np.unravel_index(int(np.argmax(badness)), badness.shape) if badness.ndim else ()
    figures: dict[str, Any] = {
        "worst_index": tuple(int(i) for i in worst),
        "by_hand": float(by_hand[worst]),
        "tensorflow": float(errors.tensorflow[worst]),
        "elements": errors.tensorflow.size,
    }
    if not finite.all():
        return {"verdict": "not_finite", "outside": int(np.sum(~finite)), **figures}
    equal = precision.round(by_hand) == errors.tensorflow
    outside = int(np.sum(~(errors.error <= bound)))
    return {
        "verdict": "outside" if outside else "reproduced" if np.all(same) else "equal" if equal.all() else "within",
        "outside": outside,
        "max_error": float(errors.error.max()),
        "allowed": float(errors.bound[worst]),
        "utilisation": float(errors.utilisation[worst]),
        "max_ulp": float(errors.ulps.max()),
        "equal_share": float(equal.mean()),
        **figures,
    }
