"""In place of ELU and of its slope."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from reference.layers.elu import elu
from reference.layers.relu import relu
from reference.network import Network
from reference.rule import Rule
from verify.compare.variants.shared import Found, no_slope, word

ALPHAS = (0.1, 0.5, 1.0, 1.6733)  # in common use; the last is SELU's


def variants(rule: Rule, network: Network) -> Found:
    inputs = rule.inputs
    if rule.phase == "forward":
        own = word(rule.compute.keywords["f"], "alpha")  # type: ignore[attr-defined]
        yield "activation left out", inputs, lambda Z: Z * 1.0
        yield "ReLU in place of ELU", inputs, relu
        yield "e^z without its 1", inputs, lambda Z: Z * (Z > 0) + np.exp(np.minimum(Z, 0)) * own * (Z <= 0)
        for alpha in ALPHAS:
            if alpha != own:
                yield f"α = {alpha}", inputs, partial(elu, alpha=alpha)
        return
    yield from no_slope(rule)
    yield "slope of ReLU", inputs, lambda dA, at: dA * (at > 0)
    yield "slope a in place of a + 1", inputs, _without_one


def _without_one(dA: Any, at: Any) -> Any:
    return dA * (at > 0) + dA * at * (at <= 0)
