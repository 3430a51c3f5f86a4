"""Variants of Lion's moment and of its update."""

from reference import tensor_names as names
from reference.optimizers.lion import Lion, between, sign
from reference.rule import Rule
from verify.compare.variants.moments import of_mean
from verify.compare.variants.shared import VariantParts
from verify.compare.variants.update import of_any_update, of_unclipped_gradient


def variants(rule: Rule, optimizer: Lion) -> VariantParts:
    """Yield the variants of one rule of Lion, the simplest first."""
    beta_1, beta_2 = optimizer.beta_1, optimizer.beta_2
    if names.read(rule.tensor).role == "m":
        yield "β1 exchanged with β2", lambda m, g: between(m, g, beta_1)
        yield from of_mean(rule, beta_2, squared=False, letter="β2")
        return
    before, g, alpha = rule.inputs
    m = names.kept("m", names.read(before).base)
    yield from of_any_update(rule)
    yield "sign of the update", lambda m, g, a: sign(between(m, g, beta_1)) * -a
    yield "β1 exchanged with β2", lambda m, g, a: sign(between(m, g, beta_2)) * a
    yield "m after the step", rule.compute, (m, g, alpha)
    yield "sign of m after the step", lambda m, a: sign(m) * a, (m, alpha)
    yield "sign left out", lambda m, g, a: between(m, g, beta_1) * a
    yield "sign of the gradient alone", lambda g, a: sign(g) * a, (g, alpha)
    yield "sign of what was before alone", lambda m, a: sign(m) * a, (before, alpha)
    yield "β1 exchanged with 1 - β1", lambda m, g, a: sign(between(m, g, 1 - beta_1)) * a
    yield "1 where the sum is 0", lambda m, g, a: (1.0 * (between(m, g, beta_1) >= 0) * 2 - 1.0) * a
    yield "without the learning rate", lambda m, g: sign(between(m, g, beta_1)), (before, g)
    yield from of_unclipped_gradient(rule, g)
