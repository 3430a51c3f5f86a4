"""Evaluate rules on the inputs that TensorFlow had: as balls, and as plain arrays."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any

import numpy as np

from reference import losses
from reference.backprop import bias_gradient, weight_gradient
from reference.layers import kinds
from reference.rules import Optimizer, Rule
from reference.tensor_names import read
from verify.bounds import Ball
from verify.bounds.ball import hull
from verify.compare.plan import begins_with
from verify.compare.recompute import impossible_raises, recompute
from verify.records.precision import FLOAT32, Floats, Precision
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace

SECOND_ORDER = 1 + 2.0**-20  # covers the products of two rounding errors

# by a name and the ids of the operands: the operands, followed by the result
Memo = dict[tuple[Any, ...], tuple[Any, ...]]


def exact_balls(
    captured: Mapping[str, Array], trace: Trace, names: Iterable[str], precision: Precision, memo: Memo | None = None
) -> dict[str, Ball]:
    """Return the named tensors as TensorFlow had them, as exact balls.

    A tensor with another shape or type than the network gives it is left out, so that no rule reads it.
    """
    balls = {}
    for name in names:
        array = captured.get(name)
        shape = trace.network.tensor_shape(name, trace.settings.batch)
        if array is not None and array.dtype == precision.name and array.shape == shape:
            balls[name] = _memoised(memo, ("exact", name), (array,), partial(Ball.exact, array, precision))
    return balls


@lru_cache(maxsize=64)
def scalars(number: int, optimizer: Optimizer, precision: Precision) -> Mapping[str, Ball]:
    """Return the step number t, which is exact, and the optimizer's coefficients, as balls.

    Keras turns β1 and β2 into float32 tensors before it casts them to the variable's type, in float64 too.
    """
    balls = {"t": Ball(float(number), 0.0, precision)}
    for name, coefficient in optimizer.coefficients.items():
        constant = Ball.constant(coefficient, FLOAT32 if name.startswith("beta") else precision)
        balls[name] = Ball(constant.value, constant.radius, precision)
    return balls


def fused(rule: Rule, operands: Mapping[str, Ball], jit: bool) -> Mapping[str, Ball]:
    """Return the rule's operands, with wider bounds where a compiler may round them otherwise.

    `rule.fusable`, with XLA only: a product may enter the addition that follows it without being rounded. Then the
    rounding of the product, which its ball includes, does not take place.
    `rule.folded`, always: a tensor times two constants, (g·s)·α, may be computed as g·(s·α), because TensorFlow's
    grappler multiplies the constants first. Then the rounding of g·s does not take place and that of s·α does. Each
    rounding is at most u relative to the value.
    """
    wider: dict[str, Floats] = {}
    for name in rule.fusable if jit else ():
        if (ball := operands.get(name)) is not None:
            wider[name] = _unrounded(ball)
    for name in rule.folded:
        if (ball := operands.get(name)) is not None:
            precision = ball.precision
            wider[name] = ball.radius + 2 * (precision.joint_unit * ball.reach + precision.tiny) * SECOND_ORDER
    balls = {name: Ball(operands[name].value, radius, operands[name].precision) for name, radius in wider.items()}
    return {**operands, **balls} if balls else operands


def _unrounded(product: Ball) -> Floats:
    """Return the radius of a product that may not have been rounded, around the rounded one."""
    radius: Floats = product.radius + product.precision.half_ulp(product.reach)
    return radius


def chain_inputs(balls: Mapping[str, Ball], trace: Trace, first: bool) -> dict[str, Ball]:
    """Return those of the balls that chained mode does not compute itself.

    These are inputs, labels, what is drawn, and a given α; if `first`, also the parameters and the state of the
    optimizer and of layers. Noise is a product, which XLA may add without rounding it.
    """
    network = trace.network
    given = OPTIMIZERS[trace.settings.optimizer].given
    names = begins_with(trace) if first else (*network.batch, *network.masks(), *given)
    chosen = {name: balls[name] for name in names if name in balls}
    for name in network.masks() if trace.settings.jit else ():
        if name in chosen and read(name).quantity == "E":
            chosen[name] = Ball(chosen[name].value, _unrounded(chosen[name]), chosen[name].precision)
    return chosen


def inner_balls(
    rule: Rule, by_tensor: Mapping[str, Rule], operands: Mapping[str, Any], precision: Precision
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the inputs of a rule that XLA may compute once more, and the operands with the balls of these inputs.

    An input is such a tensor if its rule is computed element by element, belongs to a layer without weights, or is a
    product whose sums have one term each, which XLA turns into a multiplication. The same holds for the inputs of that
    rule in turn.
    """
    inner: dict[str, Ball] = {}

    def ball_of(name: str) -> Any:
        made_by = by_tensor.get(name)
        if made_by is None or made_by.phase == "start" or not _is_cheap(made_by, operands):
            return operands.get(name)
        if name not in inner:
            ball = evaluate(made_by, {read: ball_of(read) for read in made_by.inputs}, precision)
            if ball is None:
                return operands.get(name)
            inner[name] = Ball(ball.value, ball.spread(), precision)
        return inner[name]

    wider = {name: ball_of(name) for name in rule.inputs}
    return tuple(name for name in operands if name in inner), {**operands, **wider}


def _is_cheap(rule: Rule, operands: Mapping[str, Any]) -> bool:
    """Return whether XLA may compute a rule once more where its tensor is read, in place of reading it.

    It does so with what a layer without weights computes, with sums of one term each (the gradients of weights and
    biases, if there is one row), and with the slope of a loss: XLA turns (d c) s, where c is the constant of a mean,
    into d (s c).
    """
    if rule.compute in (weight_gradient, bias_gradient):
        first = operands.get(rule.inputs[0])
        return first is not None and first.value.size == first.shape[-1]
    layer = kinds().get(rule.kind)
    slope = rule.phase == "backward" and rule.kind in losses.kinds()
    return rule.elementwise or rule.one_term or slope or (layer is not None and not layer.begins)


def recomputed(rule: Rule, arrays: Mapping[str, Any], dtype: str, memo: Memo | None) -> Array | None:
    """Return what NumPy computes for the rule from TensorFlow's inputs; None if it cannot be computed."""
    if any(name not in arrays for name in rule.inputs):
        return None
    key, operands = ("recomputed", rule.tensor, rule.equation), tuple(arrays[name] for name in rule.inputs)
    with impossible_raises():
        array: Array | None = _memoised(memo, key, operands, partial(recompute, rule, arrays, dtype))
    return array


def evaluate(rule: Rule, operands: Mapping[str, Ball], precision: Precision, memo: Memo | None = None) -> Ball | None:
    """Return the ball of a rule; None if an operand is missing or the shapes do not fit."""
    if any(name not in operands for name in rule.inputs):
        return None
    key, balls = (rule.tensor, rule.equation), tuple(operands[name] for name in rule.inputs)
    ball: Ball | None = _memoised(memo, key, balls, partial(_evaluated, rule, operands, precision))
    return ball


def any_of(rule: Rule, jit: bool) -> Rule:
    """Return a rule for balls, whose ball holds what each of the rule's functions gives; XLA may choose any of them."""
    if not jit or not rule.otherwise:
        return rule
    return replace(rule, equation=f"{rule.equation}, any way", compute=partial(_any, (rule.compute, *rule.otherwise)))


def _any(functions: tuple[Callable[..., Any], ...], *operands: Any) -> Any:
    return hull([function(*operands) for function in functions])


def _memoised(memo: Memo | None, key: tuple[str, ...], operands: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
    """Return the result for these operands from the memo; compute it first if it is not there.

    Operands are told apart by their ids. The memo keeps the operands too, so that no new object can have their ids.
    """
    if memo is None:
        return compute()
    full_key = (*key, *map(id, operands))
    if full_key not in memo:
        memo[full_key] = (*operands, compute())
    return memo[full_key][-1]


def _evaluated(rule: Rule, operands: Mapping[str, Ball], precision: Precision) -> Ball | None:
    """Return the ball of a rule; None if the shapes do not fit."""
    inner = FLOAT32 if rule.single else precision
    try:
        with np.errstate(all="ignore"):
            result = rule({name: _in(operands[name], inner) for name in rule.inputs})
    except (ValueError, IndexError, np.exceptions.AxisError):
        return None  # the tensor with the wrong shape has a comparison of its own, which fails
    ball = result if isinstance(result, Ball) else Ball.constant(result, inner)
    undefined = np.isnan(ball.radius)  # 0·∞
    if undefined.any():
        ball = Ball(ball.value, np.where(undefined, np.inf, ball.radius), inner)
    return _in(ball, precision)


def _in(ball: Ball, precision: Precision) -> Ball:
    """Return a ball with the same value and radius in this precision."""
    return ball if ball.precision is precision else Ball(ball.value, ball.radius, precision)
