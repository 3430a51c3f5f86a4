"""Variants that several kinds of rules share: shorter formats, other factors, no slope."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from reference.rule import Rule
from reference.tensor_names import previous
from verify.bounds import Ball

VariantParts = Iterator[tuple[str, tuple[str, ...], Callable[..., Any]]]  # name, inputs and function of each variant
SIZES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)  # relative changes
FORMATS = {"float16": 11, "bfloat16": 8, "TF32": 11}  # bits of the significand, the leading one included


def rounded(x: Any, form: str) -> Any:
    """Return x rounded to a shorter format, as other hardware rounds the inputs of a product.

    For a ball, the result is the exact ball of the rounded value.
    """
    value = x.value if isinstance(x, Ball) else x
    fraction, exponent = np.frexp(value)
    steps = 2.0 ** FORMATS[form]
    short = np.ldexp(np.rint(fraction.astype(np.float64) * steps) / steps, exponent)
    if form == "float16":
        short = np.clip(short, -65504, 65504)
    return Ball.exact(short, x.precision) if isinstance(x, Ball) else short.astype(x.dtype)


def products(inputs: tuple[str, ...], compute: Callable[..., Any], count: int = 2) -> VariantParts:
    """Yield the variants that round the first `count` inputs to a shorter format."""
    for form in ("bfloat16", "TF32", "float16"):

        def short(*operands: Any, form: str = form) -> Any:
            return compute(*(rounded(x, form) if i < count else x for i, x in enumerate(operands)))

        yield f"products in {form}", inputs, short


def scaled(compute: Callable[..., Any], factor: float, *operands: Any) -> Any:
    """Return the result of a function, multiplied by a factor."""
    return compute(*operands) * factor


def word(compute: Any, name: str) -> Any:
    """Return an option of a rule's function by its name: the rate of a dropout, a momentum."""
    return compute.keywords[name]


def no_slope(rule: Rule) -> VariantParts:
    """Yield the variants of an activation's gradient: without the slope, and with the slope of the step before."""
    dA, Q = rule.inputs  # Q is Z or A, whichever the slope is computed from
    yield "slope missing", rule.inputs, lambda dA, Q: dA * 1.0
    yield "slope of the step before", (dA, previous(Q)), rule.compute
