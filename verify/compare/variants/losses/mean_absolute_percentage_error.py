"""Variants of the mean absolute percentage error and of its slope."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference.losses.mean_absolute_error import absolute, absolute_backward, sign
from reference.operations import product
from reference.rule import Rule
from verify.compare.variants.loss import elementwise, of_each
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of this loss, the simplest first."""
    forward = rule.phase == "forward"
    each = of_each(rule)
    epsilon = options(each if forward else options(each)["slope"])["epsilon"]
    yield "shares in place of percent", lambda Q, *rest: rule.compute(Q, *rest) * 0.01
    yield from elementwise(
        rule,
        ("over the output, not the label", _over(lambda A, y: np.maximum(np.maximum(A, -A), epsilon)), None),
        ("not over the label", lambda A, y: absolute(A, y) * 100.0, lambda g, A, y: absolute_backward(g, A, y) * 100.0),
        ("ε added to the label's size", *_of(lambda A, y: np.maximum(y, -y) + epsilon)),
        ("over the label with its sign", *_of(lambda A, y: y)),
    )


Size = Callable[[Any, Any], Any]


def _of(size: Size) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return cost and way back of one output, over another size."""
    return _over(size), partial(_backward, size)


def _over(size: Size) -> Callable[..., Any]:
    """Return 100 times the error over a size."""
    return lambda A, y: absolute(A, y) * 100.0 / size(A, y)


def _backward(size: Size, g: Any, A: Any, y: Any) -> Any:
    """Return the way back of that, for a size of the label."""
    return product(g, 100) * sign(A, y) / size(A, y)
