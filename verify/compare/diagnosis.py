"""What a tensor that disagrees does agree with. Nothing is said that does not explain every element."""

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

LISTED = 4  # so many places are named
ROWS = 64  # a permutation is looked for among at most so many rows or columns


@dataclass(frozen=True)
class Context:
    """The run a tensor stands in; the other tensors of its step as TensorFlow had them, and by hand."""

    network: Network
    optimizer: Optimizer
    cost: str
    precision: Precision
    held: Mapping[str, Array]
    balls: Mapping[str, Ball]


def diagnose(rule: Rule, held: Array, ball: Ball, known: Mapping[str, Any], context: Context) -> str:
    """The simplest cause that explains every element, or "".  `known` has the balls of this step and, "~", the last."""
    if not np.isfinite(held).all() or held.shape != ball.shape:
        return ""
    for name in agreeing(rule, held, known, context):
        return f"agrees with: {name}"
    for find in (_copied, _mask, _clip, _factor, _sign, _zeroed, _permuted):
        cause = find(rule, held, ball, known, context)
        if cause:
            return cause
    return ""


def agreeing(rule: Rule, held: Array, known: Mapping[str, Any], context: Context) -> Iterator[str]:
    """The variants that bring every element inside, simplest first."""
    for variant in variants(rule, context.network, context.optimizer, context.cost):
        ball = attempt(variant.rule, known, context.precision)
        if ball is not None and inside(held, ball):
            yield variant.name


def attempt(rule: Rule, known: Mapping[str, Any], precision: Precision) -> Ball | None:
    """A variant's ball; None where it cannot be formed: an input unknown, shapes that do not fit, no such operation."""
    if any(name not in known for name in rule.inputs):
        return None
    try:
        with np.errstate(all="ignore"):
            found = rule(known)
    except IMPOSSIBLE:
        return None
    return found if isinstance(found, Ball) else Ball(found, 0.0, precision)


def inside(held: Array, ball: Ball) -> bool:
    """Every element, with a bound that says something."""
    if ball.shape != held.shape:
        return False
    spread = ball.spread()
    return bool(np.isfinite(spread).all() and (np.abs(_wide(held) - ball.value) <= spread).all())


def _wide(array: Array) -> Floats:
    return array.astype(np.float64)


def _outside(held: Array, ball: Ball) -> Any:
    with np.errstate(invalid="ignore"):
        return ~(np.abs(_wide(held) - ball.value) <= ball.spread())


def _copied(rule: Rule, held: Array, ball: Ball, known: Mapping[str, Any], context: Context) -> str:
    """The numbers of another tensor: swapped, aliased, or left from the step before."""
    if not held.size or not held.any():
        return ""
    before = known.get(previous(rule.tensor))
    if before is not None and before.shape == held.shape and (before.value == held).all():
        return "it holds its value of the step before"
    for name, other in context.held.items():
        if name != rule.tensor and other.shape == held.shape and (other == held).all():
            return f"it holds the numbers of {name}"
    for name, array in known.items():
        fits = not read(name).when and isinstance(array, Ball) and array.shape == held.shape and held.size > 1
        if fits and name != rule.tensor and (array.value == held).all():
            return f"it holds the numbers of {name}"
    for name, other_ball in context.balls.items():
        if name != rule.tensor and held.size > 1 and inside(held, other_ball):
            return f"it holds the numbers of {name}"
    return ""


def _clip(rule: Rule, held: Array, ball: Ball, known: Mapping[str, Any], context: Context) -> str:
    """A gradient cut off at one size."""
    if read(rule.tensor).role != "d" or held.size < 2:
        return ""
    most = float(np.abs(held).max())
    clipped = np.clip(ball.value, -most, most)
    if not most or not (np.abs(_wide(held) - clipped) <= ball.spread()).all():
        return ""
    return f"agrees with: gradient clipped at {most:.6g}"


def _factor(rule: Rule, held: Array, ball: Ball, known: Mapping[str, Any], context: Context) -> str:
    """One factor for all elements."""
    found, value = _wide(held), ball.value
    if held.size < 2:
        return ""
    clear = np.abs(value) > 100 * ball.spread()
    if not clear.any():
        return ""
    with np.errstate(over="ignore"):
        clearest = np.where(clear, np.abs(value) / (ball.spread() + 1e-300), 0)
    best = np.unravel_index(int(np.argmax(clearest)), value.shape)
    factor = float(found[best] / value[best])
    slack = ball.spread() * abs(factor) + np.abs(found) * 2 * context.precision.joint_unit
    slack = slack + np.abs(value) * abs(factor) * float(ball.spread()[best] / abs(value[best]))
    told_from_one = abs(factor - 1) > 8 * context.precision.joint_unit
    if not factor or not told_from_one or not (np.abs(found - factor * value) <= slack).all():
        return ""
    return f"every element is {factor:.7g} times what the equation gives"


def _sign(rule: Rule, held: Array, ball: Ball, known: Mapping[str, Any], context: Context) -> str:
    """The sign bit of single elements."""
    wrong = _outside(held, ball)
    flipped = np.where(wrong, -_wide(held), _wide(held))
    if not (np.abs(flipped - ball.value) <= ball.spread()).all():
        return ""
    return f"the sign is the other one at {_places(wrong)}"


def _zeroed(rule: Rule, held: Array, ball: Ball, known: Mapping[str, Any], context: Context) -> str:
    """Rows or columns that are 0."""
    wrong = _outside(held, ball)
    if held.ndim != 2 or held[wrong].any():
        return ""
    for axis, word in ((1, "row"), (0, "column")):
        lines = np.flatnonzero(wrong.any(axis=axis))
        if len(lines) <= LISTED and not np.take(held, lines, axis=1 - axis).any():
            numbers = ", ".join(str(line + 1) for line in lines)
            return f"{word} {numbers} is 0" if len(lines) == 1 else f"{word}s {numbers} are 0"
    return ""


def _permuted(rule: Rule, held: Array, ball: Ball, known: Mapping[str, Any], context: Context) -> str:
    """Transposed, or rows or columns in another order."""
    if held.ndim != 2:
        return ""
    if held.shape[0] == held.shape[1] and held.shape[0] > 1 and inside(held.T, ball):
        return "it is transposed"
    wrong = _outside(held, ball)
    for axis, word in ((0, "rows"), (1, "columns")):
        lines = np.flatnonzero(wrong.any(axis=1 - axis))
        if 2 <= len(lines) <= ROWS:
            order = _order(held, ball, lines, axis)
            if order:
                moved = ", ".join(f"{i + 1} holds {j + 1}" for i, j in zip(lines, order, strict=True))
                return (
                    f"{word} are in another order: {moved}" if len(lines) <= LISTED else f"{word} are in another order"
                )
    return ""


def _order(held: Array, ball: Ball, lines: Any, axis: int) -> list[int]:
    """For each of these rows (or columns) the one whose by-hand numbers it holds; [] if there is none for one."""
    value, spread, found = ball.value, ball.spread(), _wide(held)
    if axis == 1:
        value, spread, found = value.T, spread.T, found.T
    order: list[int] = []
    for line in lines:
        fits = [j for j in lines if j not in order and (np.abs(found[line] - value[j]) <= spread[j]).all()]
        if not fits:
            return []
        order.append(int(fits[0]))
    return order


def _mask(rule: Rule, held: Array, ball: Ball, known: Mapping[str, Any], context: Context) -> str:
    """Single masks of ReLU the other way; near Z = 0 that is a question of rounding."""
    if len(rule.inputs) != 2 or rule.kind != "relu":
        return ""
    dA, Z = (known.get(name) for name in rule.inputs)
    wrong = _outside(held, ball)
    if dA is None or Z is None or wrong.sum() > max(LISTED, wrong.size // 100):
        return ""
    other = np.where(Z.value > 0, 0.0, dA.value)
    if not (np.abs(_wide(held) - other)[wrong] <= dA.spread()[wrong]).all():
        return ""
    nearest = float(np.abs(Z.value[wrong]).min())
    return f"the mask is the other one at {_places(wrong)}, where |Z| is {nearest:.2g} or more"


def _places(wrong: Any) -> str:
    found = [f"({', '.join(str(int(i) + 1) for i in at)})" for at in np.argwhere(wrong)[: LISTED + 1]]
    return ", ".join(found[:LISTED]) + (" and others" if len(found) > LISTED else "")
