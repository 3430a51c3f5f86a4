"""Find the cause of a disagreement. A cause is named only if it explains every element of the tensor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.network import Network
from reference.rules import Optimizer, Rule
from reference.tensor_names import previous, read
from verify.bounds import Ball
from verify.compare.variants import IMPOSSIBLE, variants
from verify.records.precision import Floats, Precision
from verify.records.trace import Array

LISTED = 4  # the largest number of places that a message names
ROWS = 64  # the largest number of rows or columns among which a permutation is searched


@dataclass(frozen=True)
class Context:
    """The run and the step that a tensor belongs to.

    `captured` has the step's tensors as TensorFlow computed them, `balls` the same tensors computed by hand.
    """

    network: Network
    optimizer: Optimizer
    cost: str
    precision: Precision
    captured: Mapping[str, Array]
    balls: Mapping[str, Ball]


def diagnose(rule: Rule, captured: Array, ball: Ball, operands: Mapping[str, Any], context: Context) -> str:
    """Return the simplest cause that explains every element, or "" if none does.

    `captured` is TensorFlow's tensor and `ball` the tensor by hand. `operands` has the inputs as balls: those of this
    step, and those of the step before, whose names end with "~".
    """
    if not np.isfinite(captured).all() or captured.shape != ball.shape:
        return ""
    for name in agreeing(rule, captured, operands, context):
        return f"agrees with: {name}"
    for find in (_copied, _mask, _clip, _factor, _sign, _zeroed, _permuted):
        cause = find(rule, captured, ball, operands, context)
        if cause:
            return cause
    return ""


def agreeing(rule: Rule, captured: Array, operands: Mapping[str, Any], context: Context) -> Iterator[str]:
    """Yield the names of the variants that agree with every element, the simplest first."""
    for variant in variants(rule, context.network, context.optimizer, context.cost):
        ball = attempt(variant.rule, operands, context.precision)
        if ball is not None and inside(captured, ball):
            yield variant.name


def attempt(rule: Rule, operands: Mapping[str, Any], precision: Precision) -> Ball | None:
    """Return the ball of a variant.

    Returns None if it cannot be computed: an input is missing, shapes do not fit, or balls lack an operation.
    """
    if any(name not in operands for name in rule.inputs):
        return None
    try:
        with np.errstate(all="ignore"):
            result = rule(operands)
    except IMPOSSIBLE:
        return None
    return result if isinstance(result, Ball) else Ball(result, 0.0, precision)


def inside(captured: Array, ball: Ball) -> bool:
    """Return True if every element lies in the ball, and every bound is finite."""
    if ball.shape != captured.shape:
        return False
    spread = ball.spread()
    return bool(np.isfinite(spread).all() and _within(captured, ball.value, spread).all())


def _wide(array: Array) -> Floats:
    return array.astype(np.float64)


def _within(actual: Array, value: Array, bound: Array) -> Array:
    """Return True for each element that differs from `value` by at most its bound."""
    with np.errstate(invalid="ignore"):
        within: Array = np.abs(_wide(actual) - value) <= bound
    return within


def _outside(actual: Array, ball: Ball) -> Array:
    """Return True for each element outside the ball."""
    return ~_within(actual, ball.value, ball.spread())


# Each function below looks for one kind of cause. `actual` is TensorFlow's tensor, `ball` the tensor by hand, and
# `inputs` has the inputs as balls. A function returns a sentence, or "" if its cause does not explain every element.


def _copied(rule: Rule, actual: Array, ball: Ball, inputs: Mapping[str, Any], context: Context) -> str:
    """Look for another tensor with these numbers: exchanged, sharing memory, or left from the step before."""
    if not actual.size or not actual.any():
        return ""
    before = inputs.get(previous(rule.tensor))
    if before is not None and before.shape == actual.shape and (before.value == actual).all():
        return "it holds its value of the step before"
    for name, other in context.captured.items():
        if name != rule.tensor and other.shape == actual.shape and (other == actual).all():
            return f"it holds the numbers of {name}"
    if actual.size == 1:
        return ""
    for name, candidate in inputs.items():
        comparable = not read(name).when and isinstance(candidate, Ball) and candidate.shape == actual.shape
        if comparable and name != rule.tensor and (candidate.value == actual).all():
            return f"it holds the numbers of {name}"
    for name, other_ball in context.balls.items():
        if name != rule.tensor and inside(actual, other_ball):
            return f"it holds the numbers of {name}"
    return ""


def _clip(rule: Rule, actual: Array, ball: Ball, inputs: Mapping[str, Any], context: Context) -> str:
    """Look for a gradient whose elements were cut off at one magnitude."""
    if read(rule.tensor).role != "d" or actual.size < 2:
        return ""
    limit = float(np.abs(actual).max())
    if not limit or not _within(actual, np.clip(ball.value, -limit, limit), ball.spread()).all():
        return ""
    return f"agrees with: gradient clipped at {limit:.6g}"


def _factor(rule: Rule, actual: Array, ball: Ball, inputs: Mapping[str, Any], context: Context) -> str:
    """Look for one factor that all elements were multiplied by.

    The factor is measured at the element whose value is largest in proportion to its bound.
    """
    if actual.size < 2:
        return ""
    wide, value, bound = _wide(actual), ball.value, ball.spread()
    measurable = np.abs(value) > 100 * bound
    if not measurable.any():
        return ""
    with np.errstate(over="ignore"):
        precise = np.where(measurable, np.abs(value) / (bound + 1e-300), 0)
    best = np.unravel_index(int(np.argmax(precise)), value.shape)
    factor = float(wide[best] / value[best])
    slack = bound * abs(factor) + np.abs(wide) * 2 * context.precision.joint_unit
    slack = slack + np.abs(value) * abs(factor) * float(bound[best] / abs(value[best]))
    differs_from_one = abs(factor - 1) > 8 * context.precision.joint_unit
    if not factor or not differs_from_one or not (np.abs(wide - factor * value) <= slack).all():
        return ""
    return f"every element is {factor:.7g} times what the equation gives"


def _sign(rule: Rule, actual: Array, ball: Ball, inputs: Mapping[str, Any], context: Context) -> str:
    """Look for single elements with the wrong sign."""
    wrong = _outside(actual, ball)
    if not _within(np.where(wrong, -actual, actual), ball.value, ball.spread()).all():
        return ""
    return f"the sign is the other one at {_places(wrong)}"


def _zeroed(rule: Rule, actual: Array, ball: Ball, inputs: Mapping[str, Any], context: Context) -> str:
    """Look for rows or columns that are 0."""
    wrong = _outside(actual, ball)
    if actual.ndim != 2 or actual[wrong].any():
        return ""
    for axis, word in ((1, "row"), (0, "column")):
        lines = np.flatnonzero(wrong.any(axis=axis))
        if len(lines) <= LISTED and not np.take(actual, lines, axis=1 - axis).any():
            numbers = ", ".join(str(line + 1) for line in lines)
            return f"{word} {numbers} is 0" if len(lines) == 1 else f"{word}s {numbers} are 0"
    return ""


def _permuted(rule: Rule, actual: Array, ball: Ball, inputs: Mapping[str, Any], context: Context) -> str:
    """Look for a transposed matrix, or for rows or columns in another order."""
    if actual.ndim != 2:
        return ""
    if actual.shape[0] == actual.shape[1] and actual.shape[0] > 1 and inside(actual.T, ball):
        return "it is transposed"
    wrong = _outside(actual, ball)
    for axis, word in ((0, "rows"), (1, "columns")):
        lines = np.flatnonzero(wrong.any(axis=1 - axis))
        order = _order(actual, ball, lines, axis) if 2 <= len(lines) <= ROWS else []
        if order:
            moved = ", ".join(f"{i + 1} holds {j + 1}" for i, j in zip(lines, order, strict=True))
            return f"{word} are in another order" + (f": {moved}" if len(lines) <= LISTED else "")
    return ""


def _order(actual: Array, ball: Ball, lines: Array, axis: int) -> list[int]:
    """Return, for each of these rows (axis 0) or columns (axis 1), the one by hand whose numbers it holds.

    Returns [] if one of them agrees with none.
    """
    value, spread, wide = ball.value, ball.spread(), _wide(actual)
    if axis == 1:
        value, spread, wide = value.T, spread.T, wide.T
    order: list[int] = []
    for line in lines:
        fits = [j for j in lines if j not in order and (np.abs(wide[line] - value[j]) <= spread[j]).all()]
        if not fits:
            return []
        order.append(int(fits[0]))
    return order


def _mask(rule: Rule, actual: Array, ball: Ball, inputs: Mapping[str, Any], context: Context) -> str:
    """Look for single elements where the mask of ReLU is inverted. Near Z = 0 rounding can invert it."""
    if len(rule.inputs) != 2 or rule.kind != "relu":
        return ""
    dA, Z = (inputs.get(name) for name in rule.inputs)
    wrong = _outside(actual, ball)
    if dA is None or Z is None or wrong.sum() > max(LISTED, wrong.size // 100):
        return ""
    inverted = np.where(Z.value > 0, 0.0, dA.value)
    if not _within(actual, inverted, dA.spread())[wrong].all():
        return ""
    nearest = float(np.abs(Z.value[wrong]).min())
    return f"the mask is the other one at {_places(wrong)}, where |Z| is {nearest:.2g} or more"


def _places(wrong: Array) -> str:
    """Return the first places that are True as text, counted from 1."""
    places = [f"({', '.join(str(int(i) + 1) for i in index)})" for index in np.argwhere(wrong)[: LISTED + 1]]
    return ", ".join(places[:LISTED]) + (" and others" if len(places) > LISTED else "")
