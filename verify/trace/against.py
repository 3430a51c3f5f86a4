"""Compare two traces of one computation, A and B: where their bits differ, and which is nearer to the mathematics.

Each tensor of each trace is compared with its equation on that trace's own inputs, so that an error in an earlier
tensor does not count again in a later one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.tensor_names import in_step, is_state
from verify.bounds import Ball
from verify.compare.plan import begins_with, planned, strays
from verify.compare.tensor import PASSING, Comparison, Errors
from verify.compare.walk import Walk
from verify.errors import Unusable
from verify.records.precision import REFERENCE_UNIT, Precision
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace
from verify.results.result import Result
from verify.trace.contents import network_text

EQUAL, UNTOLD = "equal", "untold"


@dataclass(frozen=True)
class Pair:
    """One tensor in both traces. `a` and `b` are its numbers at `worst_index` (from 0), where they differ by most ulp.

    `error_a`, `error_b`: mean error of each on its own inputs. `nearer` is A or B; equal; untold, if rounding on the
    by-hand side could decide it; or empty, if one of the traces has no such numbers.
    """

    step: int
    order: int
    tensor: str
    equation: str
    layer: int
    shape: tuple[int, ...]
    start: bool  # a step begins with it, so it is equal in any case
    verdict_a: str
    verdict_b: str
    elements: int = 0
    same: int = 0
    max_difference: float = math.nan
    max_ulp: float = math.nan
    worst_index: tuple[int, ...] = ()
    a: float = math.nan
    b: float = math.nan
    error_a: float = math.nan
    error_b: float = math.nan
    utilisation_a: float = math.nan
    utilisation_b: float = math.nan
    nearer: str = ""

    @property
    def equal_bits(self) -> float:
        """The share of numbers with the same bits."""
        return self.same / self.elements if self.elements else math.nan

    @property
    def passed(self) -> bool:
        """True if the tensor agrees with its equation in both traces."""
        return self.verdict_a in PASSING and self.verdict_b in PASSING


@dataclass(frozen=True)
class Against:
    """All tensors of both traces, the result of each trace, the inputs (`step1/X`), and those whose bits differ."""

    pairs: tuple[Pair, ...]
    results: tuple[Result, Result]
    inputs: tuple[str, ...]
    other_inputs: tuple[str, ...]


def against(a: Trace, b: Trace, advance: Callable[[int, int], None] = lambda step, steps: None) -> Against:
    """Compare two traces step by step; `advance` receives the progress.  Raises Unusable if the computations differ."""
    refuse(a, b)
    command = _command(a, b)
    walks = (Walk(a, command), Walk(b, command))
    comparisons: tuple[list[Comparison], list[Comparison]] = ([], [])
    pairs: list[Pair] = []
    for number in range(1, a.settings.steps + 1):
        start = {rule.tensor for rule in planned(a, command, number == 1)[0] if rule.phase == "start"}
        one, other = (_sides(walk, number, earlier) for walk, earlier in zip(walks, comparisons, strict=True))
        for name in dict.fromkeys(name for sides in (one, other) for name in sides if sides[name].comparison):
            pairs.append(_pair(one.get(name, _Side()), other.get(name, _Side()), name in start, walks[0].precision))
        advance(number, a.settings.steps)
    result_a, result_b = (
        Result(command, trace.settings, trace.environment, (*rows, *strays(trace)))
        for trace, rows in zip((a, b), comparisons, strict=True)
    )
    names = _inputs(a, command)
    differing = tuple(name for name in names if _bits(a.tensors.get(name)) != _bits(b.tensors.get(name)))
    return Against(tuple(pairs), (result_a, result_b), names, differing)


def refuse(a: Trace, b: Trace) -> None:
    """Check that both traces are of one computation.  Raises Unusable, naming all differences."""
    of_a, of_b = _computation(a), _computation(b)
    differences = [f"{name} {of_b[name]}, not {of_a[name]}" for name in of_a if of_a[name] != of_b[name]]
    if not differences and a.network != b.network:
        differences = ["a network with other biases, dropout or rescaling"]
    if not differences and OPTIMIZERS[a.settings.optimizer] != OPTIMIZERS[b.settings.optimizer]:
        differences = [f"optimizer {b.settings.optimizer}, not {a.settings.optimizer}"]
    if differences:
        raise Unusable(f"it holds another computation: {'; '.join(differences)}")


def _computation(trace: Trace) -> dict[str, str]:
    """Return what two traces must have in common, as texts by name."""
    settings = trace.settings
    computation = {
        "pass": "training step" if settings.training else "forward pass",
        "network": network_text(trace.network),
    }
    return computation | {name: str(getattr(settings, name)) for name in ("loss", "dtype", "batch", "steps", "done")}


def _command(a: Trace, b: Trace) -> str:
    """Return the command whose rules both traces are compared with: of two forward passes the one with fewer rules."""
    if a.settings.training:
        return "backprop"
    return "prediction" if "prediction" in (a.settings.command, b.settings.command) else "feedforward"


def _inputs(trace: Trace, command: str) -> tuple[str, ...]:
    """Return the tensors that no rule computes: X, y and masks of every step, and parameters and moments of the first.

    Each forward pass has parameters of its own.
    """
    names = [name for name in begins_with(trace) if command != "prediction" or name not in trace.network.labels]
    parameters = trace.network.parameters()
    later = [name for name in names if not (name in parameters or is_state(name, "before"))]
    steps = range(1, trace.settings.steps + 1)
    repeats = trace.settings.training
    return tuple(in_step(n, name) for n in steps for name in (later if n > 1 and repeats else names))


def _bits(array: Array | None) -> tuple[Any, ...] | None:
    """Return a value that is equal for arrays of equal shape, type and bits, and for two missing arrays."""
    return None if array is None else (array.shape, array.dtype, array.tobytes())


@dataclass(frozen=True)
class _Side:
    """One tensor in one of the two traces, and the ball of its equation."""

    comparison: Comparison | None = None
    array: Array | None = None
    ball: Ball | None = None

    def errors(self, precision: Precision) -> Errors | None:
        """Return the errors against the equation, or None if no numbers were compared."""
        if self.array is None or self.ball is None or self.comparison is None or not self.comparison.elements:
            return None
        return Errors.of(self.ball.value, self.ball.spread(), self.array, precision)


def _sides(walk: Walk, number: int, comparisons: list[Comparison]) -> dict[str, _Side]:
    """Take the next step of a walk, add its comparisons to the list, and return the tensors of the step by name."""
    tensors = walk.trace.step(number)
    of_step = walk.step(number, tensors)
    comparisons += of_step
    local = {c.tensor: c for c in of_step if c.mode == "local"}
    return {name: _Side(local.get(name), tensors.get(name), walk.balls.get(name)) for name in (local | tensors)}


def _pair(a: _Side, b: _Side, start: bool, precision: Precision) -> Pair:
    """Return one tensor in both traces; at least one of them has a comparison of it."""
    row = a.comparison or b.comparison
    assert row is not None
    figures: dict[str, Any] = {"verdict_a": "missing", "verdict_b": "missing"}
    for side, letter in ((a, "a"), (b, "b")):
        if side.comparison is not None:
            figures[f"verdict_{letter}"] = side.comparison.verdict
            figures[f"utilisation_{letter}"] = side.comparison.utilisation
    if a.array is not None and b.array is not None and a.array.shape == b.array.shape and a.array.size:
        figures |= _difference(a.array, b.array, precision)
    figures |= _nearness(a.errors(precision), b.errors(precision), precision)
    return Pair(row.step, row.order, row.tensor, row.equation, row.layer, row.shape, start, **figures)


def _difference(a: Array, b: Array, precision: Precision) -> dict[str, Any]:
    """Return the largest differences, the number of elements, and how many have the same bits."""
    figures: dict[str, Any] = {"elements": a.size, "same": _same_bits(a, b) if a.dtype == b.dtype else 0}
    if a.dtype.kind not in "fiub" or b.dtype.kind not in "fiub":
        return figures
    x, y = a.astype(np.float64), b.astype(np.float64)
    differs = x != y  # equal infinities have no difference
    errors = Errors.of(np.where(differs, x, 0.0), np.zeros(()), np.where(differs, y, 0.0), precision)
    if not np.isfinite(errors.error).all():
        return figures
    worst = np.unravel_index(int(np.argmax(errors.ulps)), errors.ulps.shape)
    return figures | {
        "max_difference": float(errors.error.max()),
        "max_ulp": float(errors.ulps[worst]),
        "worst_index": tuple(int(i) for i in worst),
        "a": float(x[worst]),
        "b": float(y[worst]),
    }


def _same_bits(a: Array, b: Array) -> int:
    """Return how many elements have the same bits: NaN equals the same NaN, and -0 differs from 0."""
    x, y = (np.ascontiguousarray(array).reshape(-1, 1).view(np.uint8) for array in (a, b))
    return int(np.sum(np.all(x == y, axis=1)))


def _nearness(a: Errors | None, b: Errors | None, precision: Precision) -> dict[str, Any]:
    """Return both mean errors and which is smaller; untold if the by-hand side's float64 rounding could decide it."""
    if a is None or b is None:
        return {}
    error_a, error_b = float(np.mean(a.error)), float(np.mean(b.error))
    if not np.isfinite((error_a, error_b)).all():
        return {}
    doubt = (float(np.mean(a.bound)) + float(np.mean(b.bound))) * REFERENCE_UNIT / precision.unit
    nearer = "A" if error_a < error_b else "B"
    if abs(error_a - error_b) <= doubt:
        nearer = EQUAL if error_a == error_b else UNTOLD
    return {"error_a": error_a, "error_b": error_b, "nearer": nearer}
