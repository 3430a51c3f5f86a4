"""Evaluate a rule as TensorFlow would: the reference's own function, in TensorFlow's precision, on TensorFlow's inputs.

A number that comes out the same as TensorFlow's is *reproduced*. It is one of the evaluations that its ball holds, so
it needs no bound. That is so where nothing overflows and nothing is divided by 0: a rule in which that happens
reproduces nothing. Only the numbers that are not reproduced are judged by balls.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from reference.rules import Optimizer, Rule
from verify.records.trace import Array

# what a rule raises on arrays whose shapes do not fit, with an input that is not there, or at an overflow
IMPOSSIBLE = (KeyError, ValueError, IndexError, TypeError, ArithmeticError, np.exceptions.AxisError)


@lru_cache(maxsize=64)
def coefficients_as_numbers(number: int, optimizer: Optimizer, dtype: str) -> Mapping[str, Any]:
    """Return t and the optimizer's coefficients as numbers of the precision; `number` is the step, from 1.

    Keras turns β1 and β2 into float32 tensors before it casts them to the variable's type, in float64 too.
    """
    kind = np.dtype(dtype).type
    numbers: dict[str, Any] = {"t": kind(number)}
    for name, value in optimizer.coefficients.items():
        numbers[name] = kind(np.float32(value)) if name.startswith("beta") else kind(value)
    return numbers


def impossible_raises() -> np.errstate:
    """Return the context in which NumPy raises at an overflow, a division by 0 and an invalid operation."""
    return np.errstate(over="raise", divide="raise", invalid="raise", under="ignore")


def recompute(rule: Rule, inputs: Mapping[str, Any], dtype: str) -> Array | None:
    """Return the rule's tensor as NumPy computes it in `dtype`; call it inside `impossible_raises()`.

    Returns None if its inputs are missing or do not fit, or if anything on the way overflows, is divided by 0 or is no
    number: then equal bits would say nothing of the equation. A rule that Keras computes in float32 is computed in
    float32 and then cast.
    """
    try:
        read = {name: np.float32(inputs[name]) for name in rule.inputs} if rule.single else inputs
        return np.asarray(rule(read)).astype(dtype, copy=False)
    except IMPOSSIBLE:
        return None


def reproduced(recomputed: Array | None, tensorflow: Array) -> Array:
    """Return True for each number that was recomputed to the same bits as TensorFlow's.

    0 and -0 are one number. NaN and infinity are never reproduced, nor is anything that could not be recomputed.
    """
    if recomputed is None or recomputed.shape != tensorflow.shape or recomputed.dtype != tensorflow.dtype:
        return np.zeros(tensorflow.shape, dtype=bool)
    same = np.asarray(recomputed == tensorflow)
    if not math.isfinite(np.vdot(tensorflow, tensorflow)):  # one pass where every number is finite and none is huge
        same &= np.isfinite(tensorflow)
    return same


def share(reproduced: int, elements: int) -> str:
    """Return the share as a text with one decimal, cut and never rounded up: 99.97 % is "99.9%"."""
    tenths = 1000 * reproduced // elements if elements else 0
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}%"


def reproduced_text(reproduced: int, elements: int, where: str, policy: str) -> str:
    """Return the part of a headline that says what was reproduced, and by what the other numbers were judged."""
    if reproduced == elements:
        return f"all {elements:,} numbers{where} reproduced bit for bit"
    found = f"{share(reproduced, elements)} of {elements:,} numbers{where} reproduced bit for bit"
    return f"{found}, all others within {policy}"
