"""Variants that several kinds of rules share: shorter formats, other factors, no slope."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from reference.rule import Rule
from reference.tensor_names import previous
from verify.bounds import Ball

# the name and the function of each variant, and the names of what it reads if these are not the rule's inputs
VariantParts = Iterator[tuple[str, Callable[..., Any]] | tuple[str, Callable[..., Any], tuple[str, ...]]]
SIZES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)  # relative changes
FORMATS = {"bfloat16": 8, "TF32": 11, "float16": 11}  # bits of the significand, the leading one included


def unchanged(x: Any) -> Any:
    """Return a copy of an array or of a ball."""
    return x * 1.0


def numbers(x: Any) -> Any:
    """Return the numbers of an array, or the values of a ball."""
    return x.value if isinstance(x, Ball) else x


def scaled(compute: Callable[..., Any], factor: float, *operands: Any) -> Any:
    """Return the result of a function, multiplied by a factor."""
    return compute(*operands) * factor


def options(compute: Callable[..., Any]) -> dict[str, Any]:
    """Return the options that a rule's function has: the rate of a dropout, a momentum. {} if it has none."""
    return compute.keywords if isinstance(compute, partial) else {}


def rounded(x: Any, form: str) -> Any:
    """Return x rounded to a shorter format, as other hardware rounds the inputs of a product.

    For a ball, the result is the exact ball of the rounded value.
    """
    fraction, exponent = np.frexp(numbers(x))
    steps = 2.0 ** FORMATS[form]
    short = np.ldexp(np.rint(fraction.astype(np.float64) * steps) / steps, exponent)
    if form == "float16":
        short = np.clip(short, -65504, 65504)
    return Ball.exact(short, x.precision) if isinstance(x, Ball) else short.astype(x.dtype)


def short_products(rule: Rule) -> VariantParts:
    """Yield the variants that round the two factors of a product to a shorter format."""

    def product(a: Any, b: Any, *bias: Any, form: str) -> Any:
        return rule.compute(rounded(a, form), rounded(b, form), *bias)

    for form in FORMATS:
        yield f"products in {form}", partial(product, form=form)


def no_slope(rule: Rule) -> VariantParts:
    """Yield the variants of an activation's gradient: without the slope, and with the slope of the step before."""
    dA, Q = rule.inputs  # Q is Z or A, whichever the slope is computed from
    yield "slope missing", lambda dA, Q: dA * 1.0
    yield "slope of the step before", rule.compute, (dA, previous(Q))
