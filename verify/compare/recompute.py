"""Evaluate a rule as TensorFlow would: the reference's own function, in TensorFlow's precision, on TensorFlow's inputs.

A number with the same bits as TensorFlow's is *reproduced*. It is one of the results that its ball contains, so it
needs no bound. This argument needs a computation without overflow and without division by 0: a rule in which one of
them happens reproduces nothing. Only the numbers that are not reproduced are judged by balls.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from reference.rules import Optimizer, Rule
from verify.records.trace import Array

# what a rule can raise if shapes do not fit, if an input is missing, or at an overflow
NOT_COMPUTABLE = (KeyError, ValueError, IndexError, TypeError, ArithmeticError, np.exceptions.AxisError)


@lru_cache(maxsize=64)
def coefficients_as_numbers(number: int, optimizer: Optimizer, dtype: str) -> Mapping[str, Any]:
    """Return the step number t and the optimizer's coefficients as numbers of type `dtype`. Steps count from 1.

    Keras turns β1 and β2 into float32 tensors before it casts them to the variable's type, in float64 too.
    """
    cast = np.dtype(dtype).type
    numbers = {"t": cast(number)}
    for name, value in optimizer.coefficients.items():
        numbers[name] = cast(np.float32(value) if name.startswith("beta") else value)
    return numbers


def impossible_raises() -> np.errstate:
    """Return a context in which NumPy raises at an overflow, a division by 0 or an invalid operation."""
    return np.errstate(over="raise", divide="raise", invalid="raise", under="ignore")


def recompute(rule: Rule, inputs: Mapping[str, Any], dtype: str) -> Array | None:
    """Return the rule's tensor as NumPy computes it in `dtype`. Call it inside `impossible_raises()`.

    Returns None if inputs are missing or do not fit, or if a step of the computation overflows, divides by 0 or gives
    NaN: then equal bits would prove nothing about the equation. A rule that Keras computes in float32 is computed in
    float32 here, and then cast.
    """
    try:
        operands = {name: np.float32(inputs[name]) for name in rule.inputs} if rule.single else inputs
        return np.asarray(rule(operands)).astype(dtype, copy=False)
    except NOT_COMPUTABLE:
        return None


def plainly(rule: Rule, inputs: Mapping[str, Any], dtype: str) -> list[Array]:
    """Return the rule's tensor as NumPy computes it in `dtype`, with the infinities and NaN that come of it.

    More arrays follow where TensorFlow may do otherwise. A maximum of NaN and a number may be either. A mask may be
    applied by choosing 0 instead of by multiplying: then 0·NaN is 0.
    """
    with np.errstate(all="ignore"):
        array = recompute(rule, inputs, dtype)
        if array is None or not rule.elementwise:
            return [] if array is None else [array]
        operands = [np.asarray(inputs[name]) for name in rule.inputs]
        undefined = np.zeros(array.shape, dtype=bool)
        for operand in operands:
            undefined = undefined | np.isnan(operand)
        results = [array, np.where(undefined, np.nan, array).astype(dtype)]
        if rule.phase == "update" or np.isfinite(array).all():
            return results
        zero = np.zeros(array.shape, dtype=bool)
        for replaced in (rule.inputs, *((name,) for name in rule.inputs)):
            independent = np.isnan(array)
            for number in (1, 2):  # stands for what is not finite; a result that is 0 for both does not depend on it
                finite = {name: np.where(np.isfinite(inputs[name]), inputs[name], number) for name in replaced}
                independent = independent & (recompute(rule, {**inputs, **finite}, dtype) == 0)
            zero |= independent
    return [*results, np.where(zero, 0, array)]


def reproduced(recomputed: Array | None, tensorflow: Array) -> Array:
    """Return a mask of the numbers that have the same bits in both tensors.

    0 and -0 count as one number. NaN and infinity are never reproduced. The mask is False everywhere if the tensor
    could not be recomputed, or has another shape or type.
    """
    if recomputed is None or recomputed.shape != tensorflow.shape or recomputed.dtype != tensorflow.dtype:
        return np.zeros(tensorflow.shape, dtype=bool)
    same = np.asarray(recomputed == tensorflow)
    if not math.isfinite(np.vdot(tensorflow, tensorflow)):  # quick test: most tensors need no second pass
        same &= np.isfinite(tensorflow)
    return same


def share(reproduced: int, elements: int) -> str:
    """Return the share of reproduced numbers as text with one decimal, truncated: 99.97 % is "99.9%"."""
    tenths = 1000 * reproduced // elements if elements else 0
    return f"{tenths / 10:g}%"


def reproduced_text(reproduced: int, elements: int, where: str, policy: str) -> str:
    """Return the part of a headline that says how many numbers were reproduced, and what the others were judged by."""
    if reproduced == elements:
        return f"all {elements:,} numbers{where} reproduced bit for bit"
    part = f"{share(reproduced, elements)} of {elements:,} numbers{where} reproduced bit for bit"
    return f"{part}, all others within {policy}"
