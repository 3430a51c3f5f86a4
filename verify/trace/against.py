"""Compare two traces of one computation, A and B: where their bits differ, and which is nearer to the mathematics.

Each tensor of each trace is compared with its equation on that trace's own inputs, so that an error in an earlier
tensor does not count again in a later one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.tensor_names import in_step, is_state
from verify.bounds import Ball
from verify.compare.plan import begins_with, planned, strays
from verify.compare.tensor import Comparison
from verify.compare.walk import Walk
from verify.compare.wording import DERIVED
from verify.errors import Unusable
from verify.records.precision import REFERENCE_UNIT, Precision
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace
from verify.results.result import Result
from verify.trace.contents import drawn

EQUAL, UNTOLD = "equal", "untold"
NAN = float("nan")


@dataclass(frozen=True)
class Pair:
    """One tensor in both traces. `a` and `b` are its numbers at `worst_index` (from 0), where they differ by most ulp.

    `error_a`, `error_b`: mean distance from the equation, each on its own inputs. `nearer` is A or B; equal; untold, if
    the rounding of the by-hand side could decide it; or empty, if one of the traces has no such numbers.
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
    max_difference: float = NAN
    max_ulp: float = NAN
    worst_index: tuple[int, ...] = ()
    a: float = NAN
    b: float = NAN
    error_a: float = NAN
    error_b: float = NAN
    utilisation_a: float = NAN
    utilisation_b: float = NAN
    nearer: str = ""

    @property
    def equal_bits(self) -> float:
        """The share of numbers with the same bits."""
        return self.same / self.elements if self.elements else NAN


@dataclass(frozen=True)
class Against:
    """All tensors of both traces, the result of each trace, the inputs (`step1/X`), and those whose bits differ."""

    pairs: tuple[Pair, ...]
    results: tuple[Result, Result]
    inputs: tuple[str, ...]
    other_inputs: tuple[str, ...]


def against(a: Trace, b: Trace, each: Callable[[int, int], None] = lambda done, of: None) -> Against:
    """Compare two traces step by step; `each` receives the progress.  Raises Unusable if the computations differ."""
    refuse(a, b)
    command = _command(a, b)
    walks = (Walk(a, command), Walk(b, command))
    rows: tuple[list[Comparison], list[Comparison]] = ([], [])
    pairs: list[Pair] = []
    for number in range(1, a.settings.steps + 1):
        arrays = (a.step(number), b.step(number))
        both = [walk.step(number, tensors) for walk, tensors in zip(walks, arrays, strict=True)]
        for kept, comparisons in zip(rows, both, strict=True):
            kept.extend(comparisons)
        start = {rule.tensor for rule in planned(a, command, number == 1)[0] if rule.phase == "start"}
        local = [{c.tensor: c for c in comparisons if c.mode == "local"} for comparisons in both]
        for name in dict.fromkeys((*local[0], *local[1])):
            one, other = (
                _Side(comparisons.get(name), tensors.get(name), walk.balls.get(name))
                for walk, comparisons, tensors in zip(walks, local, arrays, strict=True)
            )
            pairs.append(_pair(one, other, name in start, walks[0].precision))
        each(number, a.settings.steps)
    result_a, result_b = (
        Result(command, t.settings, t.environment, (*comparisons, *strays(t)), DERIVED)
        for t, comparisons in zip((a, b), rows, strict=True)
    )
    names = tuple(_inputs(a, command))
    differing = tuple(name for name in names if not _same_array(a.tensors.get(name), b.tensors.get(name)))
    return Against(tuple(pairs), (result_a, result_b), names, differing)


def refuse(a: Trace, b: Trace) -> None:
    """Check that both traces are of one computation.  Raises Unusable, naming all differences."""
    here, there = _computation(a), _computation(b)
    differ = [f"{name} {there[name]}, not {here[name]}" for name in here if here[name] != there[name]]
    if not differ and a.network != b.network:
        differ = ["a network with other biases, dropout or rescaling"]
    if not differ and OPTIMIZERS[a.settings.optimizer] != OPTIMIZERS[b.settings.optimizer]:
        differ = [f"optimizer {b.settings.optimizer}, not {a.settings.optimizer}"]
    if differ:
        raise Unusable(f"it holds another computation: {'; '.join(differ)}")


def _computation(trace: Trace) -> dict[str, str]:
    settings = trace.settings
    computation = {"pass": "training step" if settings.training else "forward pass", "network": drawn(trace.network)}
    return computation | {name: str(getattr(settings, name)) for name in ("loss", "dtype", "batch", "steps", "done")}


def _command(a: Trace, b: Trace) -> str:
    if a.settings.training:
        return "backprop"
    return "prediction" if "prediction" in (a.settings.command, b.settings.command) else "feedforward"


def _inputs(trace: Trace, command: str) -> list[str]:
    """Return the tensors that no rule computes: X, y and masks of every step, and parameters and moments of the first.

    Each forward pass has parameters of its own.
    """
    names = begins_with(trace)
    parameters = trace.network.parameters()
    inputs = []
    for number in range(1, trace.settings.steps + 1):
        begin = number == 1 or not trace.settings.training
        wanted = [name for name in names if begin or not (name in parameters or is_state(name, "before"))]
        if command == "prediction":
            wanted.remove("y")
        inputs += [in_step(number, name) for name in wanted]
    return inputs


@dataclass(frozen=True)
class _Side:
    """One tensor in one of the two traces, and what its equation gives."""

    comparison: Comparison | None
    array: Array | None
    ball: Ball | None


def _pair(a: _Side, b: _Side, start: bool, precision: Precision) -> Pair:
    row = a.comparison or b.comparison
    assert row is not None  # one of them named it
    verdict_a, verdict_b = (side.comparison.verdict if side.comparison else "missing" for side in (a, b))
    figures: dict[str, Any] = {}
    if a.array is not None and b.array is not None and a.array.shape == b.array.shape and a.array.size:
        figures = _difference(a.array, b.array, precision)
    for side, letter in ((a, "a"), (b, "b")):
        if side.comparison is not None:
            figures[f"utilisation_{letter}"] = side.comparison.utilisation
    if all(side.comparison is not None and side.comparison.elements for side in (a, b)):
        figures |= _nearness(a, b, precision)
    return Pair(
        row.step, row.order, row.tensor, row.equation, row.layer, row.shape, start, verdict_a, verdict_b, **figures
    )


def _difference(a: Array, b: Array, precision: Precision) -> dict[str, Any]:
    """Return the largest differences, the number of elements, and how many have the same bits."""
    same = int(np.sum(_same_bits(a, b))) if a.dtype == b.dtype else 0
    counts: dict[str, Any] = {"elements": a.size, "same": same}
    if a.dtype.kind not in "fiub" or b.dtype.kind not in "fiub":
        return counts
    x, y = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(all="ignore"):
        difference = np.where(x == y, 0.0, np.abs(x - y))
        ulps = difference / precision.spacing(np.maximum(np.abs(x), np.abs(y)))
    if not np.isfinite(difference).all():
        return counts
    worst = np.unravel_index(int(np.argmax(ulps)), ulps.shape)
    return counts | {
        "max_difference": float(difference.max()),
        "max_ulp": float(ulps[worst]),
        "worst_index": tuple(int(i) for i in worst),
        "a": float(x[worst]),
        "b": float(y[worst]),
    }


def _same_bits(a: Array, b: Array) -> Array:
    """Return for each element whether its bits are the same: NaN equals the same NaN, and -0 differs from 0."""
    x, y = (np.ascontiguousarray(side).reshape(-1, 1).view(np.uint8) for side in (a, b))
    same: Array = np.all(x == y, axis=1)
    return same


def _same_array(a: Array | None, b: Array | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _nearness(a: _Side, b: _Side, precision: Precision) -> dict[str, Any]:
    """Return both mean errors and which is smaller; untold if the by-hand side's float64 rounding could decide it."""
    errors, radii = [], []
    for side in (a, b):
        if side.array is None or side.ball is None or side.ball.shape != side.array.shape:
            return {}
        errors.append(float(np.mean(np.abs(side.array.astype(np.float64) - side.ball.value))))
        radii.append(float(np.mean(side.ball.spread())))
    if not np.isfinite(errors).all():
        return {}
    doubt = sum(radii) * REFERENCE_UNIT / precision.unit
    nearer = "A" if errors[0] < errors[1] else "B"
    if abs(errors[0] - errors[1]) <= doubt:
        nearer = EQUAL if errors[0] == errors[1] else UNTOLD
    return {"error_a": errors[0], "error_b": errors[1], "nearer": nearer}
