"""Variants of Nadam's product of μ, of its moments and of its update."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.optimizers.nadam import DECAY, PRODUCT, Nadam, product_of_mu, share
from reference.rule import Rule
from verify.compare.variants.moments import of_epsilon, of_mean, of_stale_moments
from verify.compare.variants.shared import VariantParts, options, unchanged
from verify.compare.variants.update import of_any_update, of_unclipped_gradient


def variants(rule: Rule, optimizer: Nadam) -> VariantParts:
    """Yield the variants of one rule of Nadam, the simplest first."""
    role = names.read(rule.tensor).role
    if rule.tensor == PRODUCT:
        yield from _products(rule, optimizer)
    elif role in ("m", "v"):
        letter, beta, other = "β1", optimizer.beta_1, "beta_2"
        if role == "v":
            letter, beta, other = "β2", optimizer.beta_2, "beta_1"
        yield "β1 exchanged with β2", rule.compute, (*rule.inputs[:2], other)
        yield from of_mean(rule, beta, squared=role == "v", letter=letter)
        if role == "m":
            yield "decayed by μ_t (Dozat's form)", _decayed_by_mu, (*rule.inputs, "t")
    else:
        yield from of_any_update(rule)
        yield from _updates(rule)


def _decayed_by_mu(m: Any, g: Any, beta_1: Any, t: Any) -> Any:
    mu = beta_1 * share(t, DECAY)
    return m * mu + g * (1 - mu)


def _products(rule: Rule, optimizer: Nadam) -> VariantParts:
    """Yield the variants of the product of all μ."""
    before, beta = rule.inputs[0], optimizer.beta_1
    yield "the product not brought up to date", unchanged, (before,)
    yield "μ_(t+1) in place of μ_t in the product", lambda x, t: product_of_mu(x, t + 1, beta)
    yield "t - 1 in the product", lambda x, t: product_of_mu(x, t - 1, beta)
    yield "β1 in place of μ_t in the product", lambda x, t: x * beta
    yield "μ_t alone in place of the product", lambda x, t: product_of_mu(1.0, t, beta)
    yield "0.5 left out", lambda x, t: x * beta * (1 - DECAY**t)
    yield "the product times 0.96^t", lambda x, t: x * beta * 0.5 * DECAY**t
    yield "β2 in place of β1 in the product", lambda x, t: product_of_mu(x, t, optimizer.beta_2)


@dataclass(frozen=True)
class _Form:
    """Nadam's update with everything that implementations are known to differ in."""

    epsilon: float
    of_m: int = 1  # t + 1 in the μ of m
    of_g: int = 0  # t in the μ of g
    corrects_m: bool = True
    corrects_v: bool = True
    product_ahead: bool = True
    reads_g: bool = True
    inside: bool = False

    def __call__(self, m: Any, v: Any, g: Any, t: Any, a: Any, b1: Any, b2: Any, product: Any) -> Any:
        of_m, of_g = (b1 * share(t + ahead, DECAY) for ahead in (self.of_m, self.of_g))
        first = 1 - (product * of_m if self.product_ahead else product)
        m_hat = m * of_m / first if self.corrects_m else m * of_m
        if self.reads_g:
            m_hat = m_hat + (g * (1 - of_g) / (1 - product) if self.corrects_m else g * (1 - of_g))
        v_hat = v / (1 - b2**t) if self.corrects_v else v
        return m_hat * a / (np.sqrt(v_hat + self.epsilon) if self.inside else np.sqrt(v_hat) + self.epsilon)


def _updates(rule: Rule) -> VariantParts:
    """Yield the variants of the update."""
    if options(rule.compute).get("rows") is not None:
        yield from of_stale_moments(rule)
        return
    form = _Form(options(rule.compute)["epsilon"])
    for name, change in _CHANGES.items():
        yield name, replace(form, **change)
    m, v, g, *scalars = rule.inputs
    yield "Adam in place of Nadam", _adam(form.epsilon), (m, v, *scalars[:-1])

    yield from of_epsilon(rule)
    yield from of_stale_moments(rule)
    yield from of_unclipped_gradient(rule, g)


_CHANGES: dict[str, dict[str, Any]] = {
    "μ_t exchanged with μ_(t+1)": {"of_m": 0, "of_g": 1, "product_ahead": True},
    "μ_t in place of μ_(t+1)": {"of_m": 0},
    "μ_(t+1) in place of μ_t": {"of_g": 1},
    "Π μ up to t in place of up to t+1": {"product_ahead": False},
    "no bias correction of m": {"corrects_m": False},
    "no bias correction of v": {"corrects_v": False},
    "the gradient left out": {"reads_g": False},
    "ε inside the root": {"inside": True},
}


def _adam(epsilon: float) -> Callable[..., Any]:
    """Return Adam's update."""
    return lambda m, v, t, a, b1, b2: m / (1 - b1**t) * a / (np.sqrt(v / (1 - b2**t)) + epsilon)
