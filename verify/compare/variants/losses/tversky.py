"""Variants of the Tversky loss and of its slope."""

from functools import partial

from reference.losses.tversky import tversky, tversky_backward
from reference.rule import Rule
from verify.compare.variants.loss import of_each, of_example
from verify.compare.variants.shared import VariantParts, options


def variants(rule: Rule) -> VariantParts:
    """Yield the variants of one rule of the Tversky loss, the simplest first."""
    chosen = options(of_each(rule))
    alpha, beta = chosen["alpha"], chosen["beta"]
    changed = {
        "α exchanged with β": {"alpha": beta, "beta": alpha},
        "α left out": {"alpha": 1.0},
        "β left out": {"beta": 1.0},
        "Dice in place of Tversky": {"alpha": 0.5, "beta": 0.5},
    }
    yield from of_example(
        rule,
        *(
            (name, partial(tversky, **{**chosen, **words}), partial(tversky_backward, **{**chosen, **words}))
            for name, words in changed.items()
        ),
    )
