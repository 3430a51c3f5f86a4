"""Shorter formats, other sizes, other samples: what variants of several rules have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from reference.rule import Rule
from reference.tensor_names import previous
from verify.bounds import Ball

Found = Iterator[tuple[str, tuple[str, ...], Callable[..., Any]]]  # name, inputs, function
SIZES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
FORMATS = {"float16": 11, "bfloat16": 8, "TF32": 11}  # bits of the significand, the leading one included


def rounded(x: Any, form: str) -> Any:
    """To a shorter format, as the inputs of a product on other hardware; of a ball, the number itself."""
    value = x.value if isinstance(x, Ball) else x
    fraction, exponent = np.frexp(value)
    steps = 2.0 ** FORMATS[form]
    short = np.ldexp(np.rint(fraction.astype(np.float64) * steps) / steps, exponent)
    if form == "float16":
        short = np.clip(short, -65504, 65504)
    return Ball.exact(short, x.precision) if isinstance(x, Ball) else short.astype(x.dtype)


def products(inputs: tuple[str, ...], compute: Callable[..., Any], count: int = 2) -> Found:
    """The first `count` inputs in a shorter format."""
    for form in ("bfloat16", "TF32", "float16"):

        def short(*read: Any, form: str = form) -> Any:
            return compute(*(rounded(x, form) if i < count else x for i, x in enumerate(read)))

        yield f"products in {form}", inputs, short


def scaled(compute: Callable[..., Any], factor: float, *read: Any) -> Any:
    return compute(*read) * factor


def word(compute: Any, name: str) -> Any:
    """What a rule's function was given beside the tensors: the rate of a dropout, a momentum."""
    return compute.keywords[name]


def no_slope(rule: Rule) -> Found:
    """The way back through an activation without its slope, and with that of the step before."""
    dA, at = rule.inputs
    yield "slope missing", rule.inputs, lambda dA, at: dA * 1.0
    yield "slope of the step before", (dA, previous(at)), rule.compute
