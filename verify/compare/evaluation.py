"""Evaluate a rule: as balls on the inputs that TensorFlow had, and as plain arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any

import numpy as np

from reference.rules import Optimizer, Rule
from verify.bounds import Ball
from verify.compare.recompute import impossible_raises, recompute
from verify.records.precision import FLOAT32, Precision
from verify.records.trace import Array, Trace

SECOND_ORDER = 1 + 2.0**-20  # products of roundings


Memo = dict[tuple[Any, ...], tuple[Any, ...]]


def inputs(
    held: Mapping[str, Array], trace: Trace, plan: tuple[Rule | str, ...], precision: Precision,
    memo: Memo | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What TensorFlow had, as balls; a tensor of another shape or type than it must have feeds no rule."""
    found = {}
    for rule in plan:
        name = rule if isinstance(rule, str) else rule.tensor
        array = held.get(name)
        shape = trace.network.tensor_shape(name, trace.settings.batch)
        if array is not None and array.dtype == precision.name and array.shape == shape:
            found[name] = _kept(memo, ("exact", name), (array,), partial(Ball.exact, array, precision))
    return found


@lru_cache(maxsize=64)
def scalars(number: int, optimizer: Optimizer, precision: Precision) -> Mapping[str, Ball]:
    """t, exact, and the optimizer's coefficients.

    Keras turns β1 and β2 into float32 tensors before it casts them to the variable's type, in float64 too.
    """
    found = {"t": Ball(float(number), 0.0, precision)}
    for name, number_ in optimizer.coefficients.items():
        held = Ball.constant(number_, FLOAT32 if name.startswith("beta") else precision)
        found[name] = Ball(held.value, held.radius, precision)
    return found


def fused(rule: Rule, known: Mapping[str, Any], jit: bool) -> Mapping[str, Any]:
    """What a compiler may leave unrounded on its way into a rule.

    Under XLA a product may enter the addition that follows it as it is: the rounding it has here, it has not there.
    Of a tensor times a scalar times a scalar, (g·s)·α may be g·(s·α), in a graph as well (TensorFlow's grappler keeps
    the array for the end): the rounding of g·s is not there, that of s·α is. Relative to the value each is u at most.
    """
    seen = {}
    for name in rule.fusable if jit else ():
        if name in known:
            ball = known[name]
            seen[name] = Ball(ball.value, ball.radius + ball.precision.half_ulp(ball.reach), ball.precision)
    for name in rule.folded:
        if name in known:
            ball = known[name]
            drawn = 2 * (ball.precision.joint_unit * ball.reach + ball.precision.tiny) * SECOND_ORDER
            seen[name] = Ball(ball.value, ball.radius + drawn, ball.precision)
    return {**known, **seen} if seen else known


def recomputed(rule: Rule, arrays: Mapping[str, Any], dtype: str, memo: Memo | None) -> Array | None:
    """Return what NumPy computes for the rule from TensorFlow's inputs; None where it cannot be computed."""
    if any(name not in arrays for name in rule.inputs):
        return None
    read, key = tuple(arrays[name] for name in rule.inputs), ("recomputed", rule.tensor, rule.equation)
    with impossible_raises():
        array: Array | None = _kept(memo, key, read, partial(recompute, rule, arrays, dtype))
    return array


def evaluate(rule: Rule, known: Mapping[str, Any], precision: Precision, memo: Memo | None = None) -> Ball | None:
    """The ball of a rule; None where an input is not known or the shapes do not fit."""
    if any(name not in known for name in rule.inputs):
        return None
    read = tuple(known[name] for name in rule.inputs)
    ball: Ball | None = _kept(memo, (rule.tensor, rule.equation), read, partial(_evaluated, rule, known, precision))
    return ball


def _kept(memo: Memo | None, key: tuple[str, ...], read: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
    """What was computed before from these very objects, or is now. The objects are kept: no other can take their id."""
    if memo is None:
        return compute()
    full = (*key, *map(id, read))
    if full not in memo:
        memo[full] = (*read, compute())
    return memo[full][-1]


def _evaluated(rule: Rule, known: Mapping[str, Any], precision: Precision) -> Ball | None:
    inner = FLOAT32 if rule.single else precision
    read = {name: _in(known[name], inner) for name in rule.inputs}
    try:
        with np.errstate(all="ignore"):
            result = rule(read)
    except (ValueError, IndexError, np.exceptions.AxisError):
        return None  # shapes that do not fit: the ill-shaped tensor has its own row
    if not isinstance(result, Ball):
        result = Ball.constant(result, inner)
    unknown = np.isnan(result.radius)
    if unknown.any():  # 0·∞: nothing is known
        result = Ball(result.value, np.where(unknown, np.inf, result.radius), inner)
    found: Ball = _in(result, precision)
    return found


def _in(ball: Any, precision: Precision) -> Any:
    """The same ball, for an evaluation in this precision."""
    if not isinstance(ball, Ball) or ball.precision is precision:
        return ball
    return Ball(ball.value, ball.radius, precision)
