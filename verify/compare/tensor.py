"""Compare one tensor: is it there, do shape and type agree, is it finite, and do its values agree?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reference.losses import loss_named
from reference.rules import Rule, given_names
from reference.tensor_names import is_state
from verify.bounds import Ball
from verify.compare.recompute import reproduced
from verify.records.precision import PRECISIONS, Floats, Precision
from verify.records.settings import GIVEN, Settings
from verify.records.trace import Array, Trace

PASSING = ("reproduced", "equal", "within")
Check = tuple[str, Callable[[Array], bool], str]  # a verdict, a test that is True for a wrong tensor, an explanation


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
    max_error: float = float("nan")
    allowed: float = float("nan")
    utilisation: float = float("nan")
    max_ulp: float = float("nan")
    equal_share: float = float("nan")
    worst_index: tuple[int, ...] = ()
    by_hand: float = float("nan")
    tensorflow: float = float("nan")
    explanation: str = ""
    outside: int = 0
    elements: int = 0
    reproduced: int = 0  # how many numbers NumPy computes to the same bits from TensorFlow's inputs

    @property
    def passed(self) -> bool:
        """True if the tensor agrees with its equation."""
        return self.verdict in PASSING

    @property
    def reproduced_share(self) -> float:
        """Share of reproduced numbers; NaN in chained mode, and if nothing was compared."""
        return self.reproduced / self.elements if self.mode == "local" and self.elements else float("nan")


@dataclass(frozen=True)
class Tolerance:
    """A fixed tolerance, rtol·|by hand| + atol, which replaces the derived bound."""

    rtol: float
    atol: float

    def allowed(self, by_hand: Floats) -> Floats:
        """Return the largest difference allowed at each element."""
        with np.errstate(over="ignore"):
            bound: Floats = self.atol + self.rtol * np.abs(by_hand)
        return bound


@dataclass(frozen=True)
class Errors:
    """A tensor by hand and by TensorFlow, with its errors: float64 arrays of one shape.

    `allowed` has the bounds, `share` is error over bound, `ulps` the error in units in the last place.
    """

    by_hand: Floats
    tensorflow: Floats
    allowed: Floats
    error: Floats
    share: Floats
    ulps: Floats

    @classmethod
    def of(cls, by_hand: Floats, allowed: Floats, tensorflow: Array, precision: Precision) -> Errors:
        """Return the errors of a tensor; where the error is not finite, neither is its share."""
        actual = tensorflow.astype(np.float64)
        with np.errstate(all="ignore"):
            error = np.abs(actual - by_hand)
            share = np.where(error == 0, 0.0, error / allowed)
            ulps = error / precision.spacing(np.maximum(np.abs(by_hand), np.abs(actual)))
        return cls(by_hand, actual, np.broadcast_to(allowed, error.shape), error, share, ulps)


def values(
    by_hand: Floats, allowed: Floats, tensorflow: Array, precision: Precision, same: Any = False
) -> dict[str, Any]:
    """Return the verdict and the figures of a Comparison, from two arrays of one shape.

    `allowed` has the bounds; where a bound is 0, the numbers must be equal. `same` is the mask of reproduced numbers.
    """
    found = Errors.of(by_hand, allowed, np.asarray(tensorflow), precision)
    finite = np.isfinite(found.tensorflow) & np.isfinite(by_hand)
    ratio = found.share if finite.all() else ~finite
    worst = np.unravel_index(int(np.argmax(ratio)), ratio.shape) if ratio.ndim else ()
    figures: dict[str, Any] = {
        "worst_index": tuple(int(i) for i in worst),
        "by_hand": float(by_hand[worst]),
        "tensorflow": float(found.tensorflow[worst]),
        "elements": found.tensorflow.size,
    }
    if not finite.all():
        return {"verdict": "not_finite", "outside": int(np.sum(~finite)), **figures}
    equal = precision.round(by_hand) == found.tensorflow
    outside = int(np.sum(~(found.error <= allowed)))
    return {
        "verdict": "outside" if outside else "reproduced" if np.all(same) else "equal" if equal.all() else "within",
        "outside": outside,
        "max_error": float(found.error.max()),
        "allowed": float(found.allowed[worst]),
        "utilisation": float(found.share[worst]),
        "max_ulp": float(found.ulps.max()),
        "equal_share": float(equal.mean()),
        **figures,
    }


def row(
    rule: Rule,
    step: int,
    order: int,
    mode: str,
    ball: Ball | None,
    captured: Array | None,
    tolerance: Tolerance | None,
    dtype: str,
    recomputed: Array | None = None,
) -> Comparison:
    """Return the comparison of TensorFlow's tensor `captured` with its ball and with the recomputed tensor.

    With a fixed tolerance the recomputed tensor has no influence on the verdict; its reproduced numbers are counted.
    """
    shape = () if captured is None else captured.shape
    comparison = Comparison(step, order, rule.tensor, rule.equation, rule.layer, shape, mode, "missing")
    if captured is None:
        return replace(comparison, explanation="the trace does not hold it")
    if ball is None:
        return replace(comparison, explanation=f"cannot be judged without {', '.join(rule.inputs)}")
    if ball.shape != captured.shape:
        return replace(comparison, verdict="shape", explanation=f"by hand it is {list(ball.shape)}")
    if captured.dtype != dtype:
        return replace(comparison, verdict="dtype", explanation=f"{captured.dtype}, not {dtype}")
    allowed = tolerance.allowed(ball.value) if tolerance else ball.spread()
    with np.errstate(all="ignore"):
        same = reproduced(recomputed if mode == "local" else None, captured)
    if (tolerance or mode == "local") and not (np.isfinite(allowed) | (same & (tolerance is None))).all():
        explanation = "what is allowed is not finite: it cannot be judged"
        return replace(comparison, verdict="not_finite", explanation=explanation)
    figures = values(ball.value, allowed, captured, PRECISIONS[dtype], same if tolerance is None else False)
    return replace(comparison, **figures, reproduced=int(np.sum(same)))


@dataclass(frozen=True)
class Attributes:
    """The tensors of a step that no rule computes: those that it must have, and those that it may have."""

    settings: Settings
    computed: frozenset[str]  # tensors that a rule computes
    expected: Mapping[str, tuple[int, ...]]  # the shapes of the tensors that the rules read and do not compute
    masks: frozenset[str]
    rest: frozenset[str]  # other tensors that the step may have

    @classmethod
    def of(cls, trace: Trace, plan: tuple[Rule, ...], rest: frozenset[str]) -> Attributes:
        """Return the attributes of a step with these rules; `rest` names other tensors that the step may have."""
        network, batch = trace.network, trace.settings.batch
        read = {name for rule in plan for name in rule.inputs}
        before = sorted(name for name in rest if is_state(name, "before"))
        names = [name for name in dict.fromkeys((*given_names(network), *before)) if name in read]
        expected = {name: network.tensor_shape(name, batch) for name in names}
        computed = frozenset(rule.tensor for rule in plan)
        return cls(trace.settings, computed, expected, frozenset(network.masks()), rest)

    def problems(self, step: int, captured: Mapping[str, Array]) -> Iterator[Comparison]:
        """Yield a failed comparison for each wrong input of the step, and for each tensor with an unknown name."""
        for name, shape in self.expected.items():
            is_computed = name in self.computed
            problem = (
                None if is_computed else _problem(name, captured.get(name), shape, self.settings, name in self.masks)
            )
            if problem:
                verdict, text = problem
                yield Comparison(step, 0, name, "given", 0, shape, "local", verdict, explanation=text)
        for name in captured:
            if name not in self.computed and name not in self.expected and name not in self.rest:
                text = "no rule computes it"
                yield Comparison(step, 0, name, "", 0, captured[name].shape, "local", "extra", explanation=text)


def _problem(
    name: str, actual: Array | None, shape: tuple[int, ...], settings: Settings, is_mask: bool
) -> tuple[str, str] | None:
    """Return the verdict and the text of the first check that an input of a step fails; None if it passes all."""
    if actual is None:
        return ("missing", "the trace does not hold it")
    checks: list[Check] = [
        ("shape", lambda a: a.shape != shape, f"it should be {list(shape)}"),
        ("dtype", lambda a: a.dtype != settings.dtype, f"it should be {settings.dtype}"),
        ("not_finite", lambda a: not np.isfinite(a).all(), "it holds NaN or infinity"),
    ]
    if name == "y":
        checks.append(_labels(settings))
    if name == "X" and settings.data != GIVEN:
        checks.append(("outside", lambda a: bool(a.min() < 0 or a.max() > 1), "pixels must lie from 0 to 1"))
    if is_mask:
        checks.append(("outside", lambda a: not _zeros_and_ones(a), "a mask holds 0 and 1 only"))
    return next(((verdict, text) for verdict, wrong, text in checks if wrong(actual)), None)


def _labels(settings: Settings) -> Check:
    """Return the check of y. Labels must be one-hot, unless the user passed arrays.

    Then each row must add up to 1 with a cross-entropy, and may have any numbers with another loss.
    """
    if settings.data != GIVEN:
        return "outside", lambda y: not _one_hot(y), "each row must hold a single 1 and zeros"
    if not loss_named(settings.loss).is_crossentropy:
        return "outside", lambda y: False, ""
    unit = PRECISIONS[settings.dtype].unit  # each share was rounded, and so was their sum

    def wrong(y: Array) -> bool:
        return bool(y.min() < 0 or np.max(np.abs(y.sum(axis=1, dtype=float) - 1)) > 4 * unit * y.shape[1])

    return "outside", wrong, "each row must hold shares that add up to 1"


def _one_hot(y: Array) -> bool:
    """Return True if each row has a single 1 and zeros otherwise."""
    return _zeros_and_ones(y) and bool(np.all(np.sum(y, axis=1) == 1))


def _zeros_and_ones(a: Array) -> bool:
    """Return True if every element is 0 or 1."""
    return bool(np.all((a == 0) | (a == 1)))
