"""Variants of the Dice loss and of its slope."""

from functools import partial

import numpy as np

from reference.losses.dice import dice, dice_backward
from reference.operations import product
from reference.rule import Rule
from verify.compare.variants.loss import of_each, of_example
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the Dice loss, the simplest first."""
    chosen = options(of_each(rule))
    axis = chosen["axis"]
    other = {**chosen, "axis": None if axis else -1}
    yield from of_example(
        rule,
        ("overlap not twice", lambda A, y: 0.5 + dice(A, y, **chosen) * 0.5, None),
        ("not taken from 1", lambda A, y: dice(A, y, **chosen) - 1, None),
        (
            "of each example, not of all" if axis is None else "of all, not of each example",
            (lambda A, y: np.sum(dice(A, y, **other)) / len(A)) if axis is None else partial(dice, **other),
            (lambda g, A, y: dice_backward(product(g, 1 / len(A)), A, y, **other))
            if axis is None
            else partial(dice_backward, **other),
        ),
        ("ε left out", partial(dice, **{**chosen, "epsilon": 0.0}), None),
    )
