"""What is found of one tensor: the ladder from missing, shape and type to finiteness and values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reference.losses import loss_named
from reference.rules import Rule, given
from reference.tensor_names import is_state
from verify.bounds import Ball
from verify.compare.recompute import reproduced
from verify.records.precision import PRECISIONS, Floats, Precision
from verify.records.settings import GIVEN, Settings
from verify.records.trace import Array, Trace

PASSING = ("reproduced", "equal", "within")


@dataclass(frozen=True)
class Comparison:
    """What was found of one tensor, in one step and mode. Numbers at `worst_index` (counted from 0)."""

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
    reproduced: int = 0  # numbers that NumPy computes to the same bits from TensorFlow's inputs

    @property
    def passed(self) -> bool:
        return self.verdict in PASSING

    @property
    def reproduced_share(self) -> float:
        """The share of reproduced numbers; NaN for a chained row, and where nothing was compared."""
        return self.reproduced / self.elements if self.mode == "local" and self.elements else float("nan")


@dataclass(frozen=True)
class Tolerance:
    """A fixed tolerance in place of the derived bound: rtol·|by hand| + atol."""

    rtol: float
    atol: float

    def allowed(self, by_hand: Floats) -> Floats:
        with np.errstate(over="ignore"):
            found: Floats = self.atol + self.rtol * np.abs(by_hand)
        return found


def values(
    by_hand: Floats, allowed: Floats, tensorflow: Array, precision: Precision, same: Any = False
) -> dict[str, Any]:  # fmt: skip
    """Return verdict and figures of two arrays of one shape; `allowed` may be 0 (then they must be equal).

    `same` says which numbers are reproduced.
    """
    found = np.asarray(tensorflow, dtype=np.float64)
    finite = np.isfinite(found) & np.isfinite(by_hand)
    if not finite.all():
        at = np.unravel_index(int(np.argmin(finite)), finite.shape)
        return dict(
            verdict="not_finite", worst_index=tuple(int(i) for i in at), by_hand=float(by_hand[at]),
            tensorflow=float(found[at]), outside=int(np.sum(~finite)), elements=found.size,
        )  # fmt: skip
    error = np.abs(found - by_hand)
    with np.errstate(all="ignore"):
        ratio = np.where(error == 0, 0.0, error / allowed)
    at = np.unravel_index(int(np.argmax(ratio)), ratio.shape) if ratio.ndim else ()
    equal = precision.round(by_hand) == found
    outside = int(np.sum(~(error <= allowed)))
    verdict = "outside" if outside else "reproduced" if np.all(same) else "equal" if equal.all() else "within"
    ulps = error / precision.spacing(np.maximum(np.abs(by_hand), np.abs(found)))
    return dict(
        verdict=verdict, max_error=float(error.max()), allowed=float(allowed[at]), utilisation=float(ratio[at]),
        max_ulp=float(ulps.max()), equal_share=float(equal.mean()), worst_index=tuple(int(i) for i in at),
        by_hand=float(by_hand[at]), tensorflow=float(found[at]), outside=outside, elements=found.size,
    )  # fmt: skip


def row(
    rule: Rule, step: int, order: int, mode: str, ball: Ball | None, held: Array | None,
    tolerance: Tolerance | None, dtype: str, recomputed: Array | None = None,
) -> Comparison:  # fmt: skip
    """Return what was found of one tensor, by its ball and by what NumPy computes in the same precision.

    A fixed tolerance decides by itself; what was reproduced is counted beside it.
    """
    shape = () if held is None else held.shape
    row = Comparison(step, order, rule.tensor, rule.equation, rule.layer, shape, mode, "missing")
    if held is None:
        return replace(row, explanation="the trace does not hold it")
    if ball is None:
        return replace(row, explanation=f"cannot be judged without {', '.join(rule.inputs)}")
    if ball.shape != held.shape:
        return replace(row, verdict="shape", explanation=f"by hand it is {list(ball.shape)}")
    if held.dtype != dtype:
        return replace(row, verdict="dtype", explanation=f"{held.dtype}, not {dtype}")
    allowed = tolerance.allowed(ball.value) if tolerance else ball.spread()
    with np.errstate(all="ignore"):
        same = reproduced(recomputed if mode == "local" else None, held)
    if (tolerance or mode == "local") and not (np.isfinite(allowed) | (same & (tolerance is None))).all():
        return replace(row, verdict="not_finite", explanation="what is allowed is not finite: it cannot be judged")
    figures = values(ball.value, allowed, held, PRECISIONS[dtype], same if tolerance is None else False)
    return replace(row, **figures, reproduced=int(np.sum(same)))


@dataclass(frozen=True)
class Attributes:
    """What a step must hold beside the tensors that its rules compute, and what it may hold."""

    settings: Settings
    computed: frozenset[str]
    expected: Mapping[str, tuple[int, ...]]  # the shapes of what is given
    masks: frozenset[str]
    rest: frozenset[str]

    @classmethod
    def of(cls, trace: Trace, plan: tuple[Rule, ...], rest: frozenset[str]) -> Attributes:
        """Return those of a step with these rules; `rest` names what it may hold beyond them."""
        network, batch = trace.network, trace.settings.batch
        read = {name for rule in plan for name in rule.inputs}
        before = sorted(name for name in rest if is_state(name, "before"))
        names = [name for name in dict.fromkeys((*given(network), *before)) if name in read]
        expected = {name: network.tensor_shape(name, batch) for name in names}
        computed = frozenset(rule.tensor for rule in plan)
        return cls(trace.settings, computed, expected, frozenset(network.masks()), rest)

    def problems(self, step: int, held: Mapping[str, Array]) -> Iterator[Comparison]:
        """Yield what is wrong with tensors that no rule of this step computes: the given ones, and unknown names."""
        for name, shape in self.expected.items():
            is_computed = name in self.computed
            problem = None if is_computed else _problem(name, held.get(name), shape, self.settings, name in self.masks)
            if problem:
                yield Comparison(step, 0, name, "given", 0, shape, "local", *_spread(problem))
        for name in held:
            if name not in self.computed and name not in self.expected and name not in self.rest:
                text = "no rule computes it"
                yield Comparison(step, 0, name, "", 0, held[name].shape, "local", "extra", explanation=text)


def _spread(problem: tuple[str, str]) -> tuple[Any, ...]:
    nan = float("nan")
    return (problem[0], nan, nan, nan, nan, nan, (), nan, nan, problem[1])


def _problem(
    name: str, held: Array | None, shape: tuple[int, ...], settings: Settings, is_mask: bool
) -> tuple[str, str] | None:  # fmt: skip
    checks: list[tuple[str, Callable[[Array], bool], str]] = [
        ("shape", lambda a: a.shape != shape, f"it should be {list(shape)}"),
        ("dtype", lambda a: a.dtype != settings.dtype, f"it should be {settings.dtype}"),
        ("not_finite", lambda a: not np.isfinite(a).all(), "it holds NaN or infinity"),
    ]
    if held is None:
        return ("missing", "the trace does not hold it")
    if name == "y":
        checks.append(_labels(settings))
    if name == "X" and settings.data != GIVEN:
        checks.append(("outside", lambda a: bool(a.min() < 0 or a.max() > 1), "pixels must lie from 0 to 1"))
    if is_mask:
        checks.append(("outside", lambda a: not _zeros_and_ones(a), "a mask holds 0 and 1 only"))
    return next(((verdict, text) for verdict, wrong, text in checks if wrong(held)), None)


def _labels(settings: Settings) -> tuple[str, Callable[[Array], bool], str]:
    """What y may be: one-hot; of a user's own, shares of 1, or for a squared error any numbers."""
    if settings.data != GIVEN:
        return "outside", lambda y: not _one_hot(y), "each row must hold a single 1 and zeros"
    if not loss_named(settings.loss).is_crossentropy:
        return "outside", lambda y: False, ""
    unit = PRECISIONS[settings.dtype].unit  # each share is rounded, and so is their sum

    def wrong(y: Array) -> bool:
        return bool(y.min() < 0 or np.max(np.abs(y.sum(axis=1, dtype=float) - 1)) > 4 * unit * y.shape[1])

    return "outside", wrong, "each row must hold shares that add up to 1"


def _one_hot(y: Array) -> bool:
    return _zeros_and_ones(y) and bool(np.all(np.sum(y, axis=1) == 1))


def _zeros_and_ones(a: Array) -> bool:
    return bool(np.all((a == 0) | (a == 1)))
