"""Variants of the Huber loss and of its slope."""

from functools import partial

from reference.losses.huber import huber, huber_backward
from reference.losses.mean_absolute_error import absolute, absolute_backward
from reference.losses.mean_squared_error import squared, squared_backward
from reference.operations import product
from reference.rule import Rule
from verify.compare.variants.loss import elementwise, of_output
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the Huber loss, the simplest first."""
    delta = options(of_output(rule))["delta"]
    changed = {"δ squared": delta * delta, "half of δ": delta / 2, "twice δ": delta * 2} | (
        {} if delta == 1 else {"δ left out": 1.0}
    )
    yield from elementwise(
        rule,
        *((name, partial(huber, delta=size), partial(huber_backward, delta=size)) for name, size in changed.items()),
        ("squares everywhere", squared, squared_backward),
        ("half the squares everywhere", lambda A, y: squared(A, y) * 0.5, lambda g, A, y: product(g, A - y)),
        ("absolute errors everywhere", absolute, absolute_backward),
    )
