"""Variants of Gaussian noise and of its way back."""

from reference.layers.noise import noise_of
from reference.rule import Rule
from reference.tensor_names import previous, read
from verify.compare.variants.shared import VariantParts, unchanged


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of Gaussian noise, the simplest first."""
    source = rule.inputs[0]
    if rule.phase == "backward":
        E = noise_of(read(source).base)
        yield "gradient multiplied by the noise", lambda dG, E: dG * E, (source, E)
        yield "gradient lost", lambda dG: dG * 0.0, (source,)
        return
    E = rule.inputs[1]
    yield "noise left out", unchanged, (source,)
    yield "noise subtracted", lambda A, E: A - E
    yield "multiplied by the noise", lambda A, E: A * E
    yield "multiplied by 1 + noise", lambda A, E: A * (1 + E)
    yield "square of the noise added", lambda A, E: A + E * E
    yield "noise of the step before", rule.compute, (source, previous(E))
