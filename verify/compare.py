"""The comparison: each tensor of a trace against its rule, locally and chained.

*local*: the rule reads the inputs that TensorFlow itself had. An error cannot travel, so the tensor that is
outside is the culprit; this is the verdict. *chained*: the rules run in order from X, y and the first
weights alone, as the essay does by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reference.rules import Optimizer, Rule, coefficients, given, rules, start
from verify.ball import Ball
from verify.precision import FLOAT32, PRECISIONS, Floats, Precision
from verify.settings import OPTIMIZERS
from verify.trace import Array, Trace

PASSING = ("equal", "within")


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

    @property
    def passed(self) -> bool:
        return self.verdict in PASSING


@dataclass(frozen=True)
class Tolerance:
    """A fixed tolerance in place of the derived bound: rtol·|by hand| + atol."""

    rtol: float
    atol: float

    def allowed(self, by_hand: Floats) -> Floats:
        with np.errstate(over="ignore"):
            found: Floats = self.atol + self.rtol * np.abs(by_hand)
        return found


@dataclass(frozen=True)
class Compared:
    """All comparisons of a trace, and the chained by-hand run of its first and its last step, for the tables."""

    comparisons: tuple[Comparison, ...]
    by_hand: tuple[Mapping[str, Ball], ...]


def values(by_hand: Floats, allowed: Floats, tensorflow: Array, precision: Precision) -> dict[str, Any]:
    """Verdict and figures of two arrays of one shape; `allowed` may be 0 (then they must be equal)."""
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
    verdict = "outside" if outside else "equal" if equal.all() else "within"
    ulps = error / precision.spacing(np.maximum(np.abs(by_hand), np.abs(found)))
    return dict(
        verdict=verdict, max_error=float(error.max()), allowed=float(allowed[at]), utilisation=float(ratio[at]),
        max_ulp=float(ulps.max()), equal_share=float(equal.mean()), worst_index=tuple(int(i) for i in at),
        by_hand=float(by_hand[at]), tensorflow=float(found[at]), outside=outside, elements=found.size,
    )  # fmt: skip


def compare(trace: Trace, command: str, tolerance: Tolerance | None = None) -> Compared:
    """Every tensor of every step, both modes.  Nothing is printed, raised or skipped for a mismatch."""
    settings = trace.settings
    precision = PRECISIONS[settings.dtype]
    found: list[Comparison] = []
    by_hand: list[Mapping[str, Ball]] = []
    local: dict[str, Any] = {}
    chain: dict[str, Any] = {}
    for number in range(1, settings.steps + 1):
        held = trace.step(number)
        constants = scalars(number, OPTIMIZERS[settings.optimizer], precision)
        plan, rest = planned(trace, command, number == 1)
        local = {**inputs(held, trace, (*plan, *given(trace.network)), precision), **_before(local), **constants}
        chain = {**_givens(local, trace, number == 1 or command == "feedforward"), **_before(chain), **constants}
        found += _attributes(number, held, trace, plan, rest)
        for order, rule in enumerate(plan, 1):
            for mode, known in (("local", fused(rule, local, settings.jit)), ("chained", chain)):
                ball = evaluate(rule, known, precision)
                if mode == "chained" and ball is not None:
                    chain[rule.tensor] = ball
                row = _row(rule, number, order, mode, ball, held.get(rule.tensor), tolerance, settings.dtype)
                found.append(row)
        by_hand = [*by_hand[:1], {name: ball for name, ball in chain.items() if "@" not in name}]
    extra = [name for name in trace.tensors if not _is_step(name, settings.steps)]
    found += [Comparison(0, 0, name, "", 0, trace.tensors[name].shape, "local", "extra") for name in extra]
    return Compared(tuple(found), tuple(by_hand))


def planned(trace: Trace, command: str, first: bool) -> tuple[tuple[Rule, ...], frozenset[str]]:
    """The rules to be checked in a step, and the names a trace may hold beyond them."""
    settings, network = trace.settings, trace.network
    optimizer = OPTIMIZERS[settings.optimizer]
    every = rules(network, settings.loss, optimizer)
    training = settings.training
    begin = start(network, optimizer, first, training=training)
    everything = begin + every if training else begin + tuple(r for r in every if r.phase == "forward")
    wanted = everything if command == "backprop" else tuple(r for r in everything if r.phase == "forward")
    rest = {r.tensor for r in everything} - {r.tensor for r in wanted}
    return wanted, frozenset(rest)


def _is_step(name: str, steps: int) -> bool:
    number = name.partition("/")[0].removeprefix("step")
    return name.startswith("step") and number in {str(step) for step in range(1, steps + 1)}


def inputs(
    held: Mapping[str, Array], trace: Trace, plan: tuple[Rule | str, ...], precision: Precision
) -> dict[str, Any]:
    """What TensorFlow had, as balls; a tensor of another shape or type than it must have feeds no rule."""
    found = {}
    for rule in plan:
        name = rule if isinstance(rule, str) else rule.tensor
        array = held.get(name)
        shape = trace.network.tensor_shape(name, trace.settings.batch)
        if array is not None and array.dtype == precision.name and array.shape == shape:
            found[name] = Ball.exact(array, precision)
    return found


def _before(known: Mapping[str, Any]) -> dict[str, Any]:
    """What the previous step left, under the names that the next step's start reads."""
    carried = {f"{name[:-4]}@": ball for name, ball in known.items() if name.endswith("_new")}
    moments = {f"{n}@": ball for n, ball in known.items() if n[:2] in ("m_", "v_") and not n.endswith(("_before", "@"))}
    return carried | moments


def _givens(local: Mapping[str, Any], trace: Trace, weights: bool) -> dict[str, Any]:
    """What a person starts from: X and y of every step; the weights of the first, or of each forward pass."""
    names = given(trace.network) if weights else ("X", "y")
    return {name: local[name] for name in names if name in local}


def scalars(number: int, optimizer: Optimizer, precision: Precision) -> dict[str, Ball]:
    """t, exact, and the optimizer's coefficients.

    Keras turns β1 and β2 into float32 tensors before it casts them to the variable's type, in float64 too.
    """
    found = {"t": Ball(float(number), 0.0, precision)}
    for name, number_ in coefficients(optimizer).items():
        held = Ball.constant(number_, FLOAT32 if name.startswith("beta") else precision)
        found[name] = Ball(held.value, held.radius, precision)
    return found


def fused(rule: Rule, known: Mapping[str, Any], jit: bool) -> Mapping[str, Any]:
    """Under XLA a product may enter the addition that follows it without having been rounded."""
    seen = {}
    for name in rule.fusable if jit else ():
        if name in known:
            ball = known[name]
            seen[name] = Ball(ball.value, ball.radius + ball.precision.half_ulp(ball.reach), ball.precision)
    return {**known, **seen} if seen else known


def evaluate(rule: Rule, known: Mapping[str, Any], precision: Precision) -> Ball | None:
    if any(name not in known for name in rule.inputs):
        return None
    try:
        with np.errstate(all="ignore"):
            result = rule(known)
    except (ValueError, IndexError, np.exceptions.AxisError):
        return None  # shapes that do not fit: the ill-shaped tensor has its own row
    if not isinstance(result, Ball):
        return Ball(result, 0.0, precision)
    result.radius = np.where(np.isnan(result.radius), np.inf, result.radius)  # 0·∞: nothing is known
    return result


def _row(
    rule: Rule, step: int, order: int, mode: str, ball: Ball | None, held: Array | None,
    tolerance: Tolerance | None, dtype: str,
) -> Comparison:  # fmt: skip
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
    if (tolerance or mode == "local") and not np.isfinite(allowed).all():
        return replace(row, verdict="not_finite", explanation="what is allowed is not finite: it cannot be judged")
    return replace(row, **values(ball.value, allowed, held, PRECISIONS[dtype]))


def _attributes(
    step: int, held: Mapping[str, Array], trace: Trace, plan: tuple[Rule, ...], rest: frozenset[str]
) -> Iterator[Comparison]:
    """What is wrong with tensors that no rule of this step computes: the given ones, and unknown names."""
    computed = {rule.tensor for rule in plan}
    batch = trace.settings.batch
    expected = {name: trace.network.tensor_shape(name, batch) for name in given(trace.network)}
    for name, shape in expected.items():
        problem = _problem(name, held.get(name), shape, trace.settings.dtype)
        if problem and name not in computed:
            yield Comparison(step, 0, name, "given", 0, shape, "local", *_spread(problem))
    for name in held:
        if name not in computed and name not in expected and name not in rest:
            text = "no rule computes it"
            yield Comparison(step, 0, name, "", 0, held[name].shape, "local", "extra", explanation=text)


def _spread(problem: tuple[str, str]) -> tuple[Any, ...]:
    nan = float("nan")
    return (problem[0], nan, nan, nan, nan, nan, (), nan, nan, problem[1])


def _problem(name: str, held: Array | None, shape: tuple[int, ...], dtype: str) -> tuple[str, str] | None:
    checks: list[tuple[str, Callable[[Array], bool], str]] = [
        ("shape", lambda a: a.shape != shape, f"it should be {list(shape)}"),
        ("dtype", lambda a: a.dtype != dtype, f"it should be {dtype}"),
        ("not_finite", lambda a: not np.isfinite(a).all(), "it holds NaN or infinity"),
    ]
    if held is None:
        return ("missing", "the trace does not hold it")
    if name == "y":
        checks.append(("outside", lambda a: not _one_hot(a), "each row must hold a single 1 and zeros"))
    if name == "X":
        checks.append(("outside", lambda a: bool(a.min() < 0 or a.max() > 1), "pixels must lie from 0 to 1"))
    return next(((verdict, text) for verdict, wrong, text in checks if wrong(held)), None)


def _one_hot(y: Array) -> bool:
    return bool(np.all((y == 0) | (y == 1)) and np.all(np.sum(y, axis=1) == 1))
