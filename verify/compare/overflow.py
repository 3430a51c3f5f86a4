"""Judge a tensor in which numbers are not finite, or have an infinite bound.

Infinity is the right rounding of a number too large for the precision, and NaN the right result of 0/0. So a number
that is not finite agrees with its equation if the equation itself gives it: plain NumPy gives the same from
TensorFlow's own inputs, or the ball reaches beyond the largest number of the precision. A finite number with an
infinite bound cannot be judged: that is no disagreement, and no agreement either.

In chained mode bounds grow from step to step, and become infinite where a divisor may be 0. There a tensor is judged by
those of its numbers that have a finite bound; if none has one, the tensor is not judged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from reference.network import Network
from reference.rule import Rule
from reference.tensor_names import base_of
from verify.bounds import Ball
from verify.compare.recompute import impossible_raises, recompute
from verify.compare.tensor import Comparison, values
from verify.records.precision import PRECISIONS
from verify.records.trace import Array

UNBOUNDED = "cannot be judged, because their bound is infinite"
INSIDE = "inside the equation of every wrong number, a number is NaN, overflows, or is divided by 0, in"


def overflows_inside(
    rule: Rule, inputs: Mapping[str, Any], ball: Ball, captured: Array, recomputed: Array | None, network: Network
) -> bool:
    """Return whether every number outside its bound may come of an overflow inside the rule.

    Then TensorFlow's number says nothing about the equation. A sum may overflow in one order of summation and not in
    another. A rule that is computed element by element shows each overflow in its own element.
    """
    if rule.elementwise or ball.shape != captured.shape:
        return False
    with np.errstate(all="ignore"):
        wrong = ~(np.abs(captured.astype(np.float64) - ball.value) <= ball.spread())
    if rule.summed is None:
        return recomputed is None and _overflows_in_each_row(rule, inputs, wrong, captured.dtype.name, network)
    with np.errstate(all="ignore"):
        a, b = (np.abs(np.asarray(inputs[name], dtype=np.float64)) for name in rule.inputs[:2])
        largest = np.tensordot(a, b, axes=(rule.summed[0], rule.summed[1]))
        overflows = ~(largest < float(np.finfo(captured.dtype).max))  # also where it is NaN
    return bool(wrong.any() and overflows[wrong].all())


def _overflows_in_each_row(rule: Rule, inputs: Mapping[str, Any], wrong: Array, dtype: str, network: Network) -> bool:
    """Return whether NumPy overflows, divides by 0, or gives NaN in each example that has a wrong number.

    A tensor without an axis for the examples is one row. So is a gradient that passes through a statistic of the batch,
    because each example of it depends on all others.
    """
    arrays = {name: np.asarray(inputs[name]) for name in rule.inputs}
    rows = {name for name in rule.inputs if network.has_examples(name)}
    mixes = rule.phase == "backward" and any(base_of(name) in network.statistics() for name in rule.inputs)
    if rule.phase == "update" or mixes or not network.has_examples(rule.tensor):
        return True
    if any(not arrays[name].ndim or len(arrays[name]) != len(wrong) for name in rows):
        return True
    for i in np.flatnonzero(wrong.reshape(len(wrong), -1).any(axis=1)):
        row = {name: a[i : i + 1] if name in rows else a for name, a in arrays.items()}
        with impossible_raises():
            if recompute(rule, row, dtype) is not None:
                return False
    return True


def judge_not_finite(
    comparison: Comparison, ball: Ball, captured: Array, plain: Sequence[Array], reproduced: Array
) -> Comparison:
    """Return the comparison of a tensor that has infinities or NaN, in TensorFlow's numbers, by hand or in the bounds.

    `plain` has what NumPy may compute from TensorFlow's inputs without regard to overflow, `reproduced` the mask of the
    numbers that have its bits without any.
    """
    precision, dtype = PRECISIONS[captured.dtype.name], captured.dtype
    value, bound, actual = ball.value, ball.spread(), captured.astype(np.float64)
    finite, bounded = np.isfinite(actual), np.isfinite(value) & np.isfinite(bound)
    with np.errstate(all="ignore"):
        within = finite & bounded & (np.abs(actual - value) <= bound)
        half = float(np.finfo(dtype).max) + precision.spacing(np.float64(np.finfo(dtype).max)) / 2
        overflows = np.isinf(actual) & bounded & (np.sign(actual) * value + bound >= half)
    undefined = ~finite | ~bounded
    follows = np.zeros(captured.shape, dtype=bool)
    fitting = [array for array in plain if array.shape == captured.shape]
    not_finite = undefined & ~np.all([np.isfinite(array) for array in fitting], axis=0)
    for array in fitting:
        follows |= not_finite & ((np.isnan(array) & np.isnan(captured)) | (array == captured))
    passed = within | overflows | follows | reproduced
    unknown = finite & ~bounded & ~passed
    wrong, unbounded = ~(passed | unknown), 0
    if comparison.mode == "chained":  # says nothing where numbers are not finite; the local comparison does
        wrong, unbounded = finite & bounded & ~within, int((finite & ~bounded).sum())
        unknown = finite & ~bounded & (not bounded.any())
    if wrong.any():
        worst = tuple(int(i) for i in np.argwhere(wrong)[0])
        return replace(
            comparison,
            verdict="outside" if finite[wrong].all() else "not_finite",
            by_hand=float(value[worst]),
            tensorflow=float(actual[worst]),
            allowed=float(bound[worst]),
            worst_index=worst,
            elements=captured.size,
            outside=int(wrong.sum()),
        )
    if unknown.any():
        text = f"{unknown.sum():,} of {captured.size:,} numbers {UNBOUNDED}"
        return replace(comparison, verdict="unjudged", explanation=text, elements=captured.size)
    finite_only = np.where(within, captured, 0).astype(dtype)
    figures = values(np.where(within, value, 0.0), np.where(within, bound, 0.0), finite_only, precision, reproduced)
    if unbounded or not finite.all():
        figures["verdict"] = "within"
    if unbounded:
        figures["equal_share"] = float(np.mean((precision.round(value) == actual)[within]))
    text = f"{unbounded:,} of {captured.size:,} numbers {UNBOUNDED}" if unbounded else _note(captured)
    return replace(comparison, **figures, explanation=text, reproduced=int(reproduced.sum()))


def _note(captured: Array) -> str:
    """Return what a reader should know of a tensor that agrees with its equation."""
    infinite, undefined = int(np.isinf(captured).sum()), int(np.isnan(captured).sum())
    parts = [f"{_numbers(infinite, 'overflows', 'overflow')} {captured.dtype}"] if infinite else []
    parts += [f"{_numbers(undefined, 'is', 'are')} NaN by the equation too"] if undefined else []
    return "; ".join(parts)


def _numbers(count: int, one: str, several: str) -> str:
    """Return a count of numbers with the verb that fits it."""
    return f"1 number {one}" if count == 1 else f"{count:,} numbers {several}"
