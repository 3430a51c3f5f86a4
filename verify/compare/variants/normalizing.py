"""Variants of formulas that normalise: with another ε, another n, or without a part of the formula."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference.rule import Rule
from verify.compare.variants.shared import VariantParts, options

OTHERS = (1e-3, 1e-5, 1e-7, 1e-2)  # the ε of Keras, of other frameworks, of `keras.config`, and one more


def other_epsilons(rule: Rule) -> VariantParts:
    """Yield the variants with no ε and with another ε."""
    own, words = options(rule.compute)["epsilon"], options(rule.compute)
    function = rule.compute.func  # type: ignore[attr-defined]
    yield "ε left out", partial(function, **{**words, "epsilon": 0.0})
    for epsilon in OTHERS:
        if epsilon != own:
            yield f"ε {epsilon:g} in place of {own:g}", partial(function, **{**words, "epsilon": epsilon})


def outside_root(variance: Any, epsilon: float) -> Any:
    """Return the v for which √(v + ε) is √σ² + ε."""
    root = np.sqrt(variance) + epsilon
    return root * root - epsilon


def unbiased(variance: Any, n: int) -> Any:
    """Return the variance with the divisor n - 1."""
    return variance * (n / (n - 1))


def squared(variance: Any, epsilon: float) -> Any:
    """Return the v for which √(v + ε) is σ² + ε: the root is left out."""
    whole = variance + epsilon
    return whole * whole - epsilon


def of_gradient(gradient: Callable[..., Any]) -> VariantParts:
    """Yield the variants of any gradient: a mean, an example that is lost, the wrong sign."""
    yield "mean over the batch for the sum", lambda dN, *T: gradient(dN, *T) * (1 / dN.shape[0])
    yield "wrong sign", lambda dN, *T: -gradient(dN, *T)


def without_last(dN: Any) -> Any:
    """Return a gradient in which the last example sends nothing back."""
    kept = (np.arange(dN.shape[0]) < dN.shape[0] - 1).reshape(-1, *(1 for _ in dN.shape[1:]))
    return dN * kept
