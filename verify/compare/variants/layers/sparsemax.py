"""Variants of the sparsemax and of its Jacobian. One of them is Keras's own, up to its release 3.15."""

from functools import partial
from typing import Any

import numpy as np

from reference.layers.softmax import softmax
from reference.layers.sparsemax import sparsemax
from reference.operations import choose
from reference.rule import Rule
from reference.tensor_names import read
from verify.bounds import Ball
from verify.compare.variants.layers.softmax import over_the_batch
from verify.compare.variants.shared import VariantParts, no_slope, options

PARTIAL_SUMS = "threshold from the sum of all partial sums (Keras's issue 23425)"


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of sparsemax, the simplest first."""
    if rule.phase == "forward":
        axis = options(options(rule.compute)["f"])["axis"]
        yield PARTIAL_SUMS, lambda Z: by_partial_sums(Z, axis)
        yield "softmax in place of sparsemax", lambda Z: softmax(Z, axis)
        yield "sparsemax over the batch", lambda Z: over_the_batch(Z, sparsemax)
        if axis != -1:
            yield "sparsemax over the last axis", sparsemax
        yield "sparsemax with temperature 2", lambda Z: sparsemax(Z * 0.5, axis)
        yield "1 for the largest, 0 elsewhere", lambda Z: choose(np.max(Z, axis=axis, keepdims=True) <= Z, 1.0, 0.0)
        return
    axis = options(rule.compute)["axis"]
    yield from no_slope(rule)
    way = (rule.inputs[0], read(rule.tensor).base)
    yield PARTIAL_SUMS, partial(by_partial_sums_backward, axis=axis), way
    yield "slope of the softmax", lambda dA, A: A * (dA - np.sum(A * dA, axis=axis, keepdims=True))
    yield "slope of ReLU: the way through the threshold forgotten", lambda dA, A: choose(A > 0, dA, 0.0)
    yield (
        "mean over all numbers on the way back",
        lambda dA, A: choose(A > 0, dA - np.sum(choose(A > 0, dA, 0.0), axis=axis, keepdims=True) / A.shape[axis], 0.0),
    )
    yield "numbers of 0 get a gradient", lambda dA, A: rule.compute(dA, A) + choose(A > 0, 0.0, dA)


def by_partial_sums(Z: Any, axis: int) -> Any:
    """Return what Keras computes up to 3.15: the threshold is (Σ of the k first partial sums - 1) / k."""
    numbers, _, _, threshold = _threshold_of_keras(Z, axis)
    return _as(Z, np.maximum(numbers - threshold, 0), np.abs(numbers).sum() + 1)


def by_partial_sums_backward(dA: Any, Z: Any, axis: int) -> Any:
    """Return the way back through what Keras computes: of k numbers, the largest counts k times in the threshold."""
    numbers, rank, k, threshold = _threshold_of_keras(Z, axis)
    gradient = np.where(numbers - threshold >= 0, dA.value if isinstance(dA, Ball) else dA, 0)
    share = np.maximum(k - rank, 0) / k
    wrong = gradient - share * np.sum(gradient, axis=axis, keepdims=True)
    return _as(dA, wrong, np.abs(gradient).sum())


def _threshold_of_keras(Z: Any, axis: int) -> tuple[Any, Any, Any, Any]:
    """Return the numbers of Z, the rank of each from 0, how many are above Keras's first threshold, and the second."""
    numbers = Z.value if isinstance(Z, Ball) else Z
    order = np.argsort(-numbers, axis=axis, kind="stable")
    descending = np.take_along_axis(numbers, order, axis=axis)
    sums = np.cumsum(descending, axis=axis)
    shape = [1] * numbers.ndim
    shape[axis] = -1
    above = descending - (sums - 1) / np.arange(1, numbers.shape[axis] + 1).reshape(shape) > 0
    k = np.sum(above, axis=axis, keepdims=True)
    threshold = (np.sum(np.where(above, sums, 0), axis=axis, keepdims=True) - 1) / k
    return numbers, np.argsort(order, axis=axis, kind="stable"), k, threshold


def _as(like: Any, numbers: Any, size: float) -> Any:
    """Return the numbers, as a ball with a bound of the rounding errors of sums of sums if `like` is one."""
    if not isinstance(like, Ball):
        return numbers
    return Ball(numbers, np.full(numbers.shape, 4 * numbers.size * like.precision.unit * size), like.precision)
