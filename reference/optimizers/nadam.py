"""Nadam (Dozat 2016): Adam with Nesterov's look ahead.

Dozat's first moment decays by μ_t as well; Keras's decays by β1, and μ_t = β1 (1 - 0.96^t / 2) stands in the update
alone. Keras keeps the product of all μ up to t as one number. It computes that product with the decimals 0.96 and β1,
and in the update with both rounded to float32, which differs in a float64 network.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference import rows
from reference import tensor_names as names
from reference.adam import first_moment, second_moment, second_moment_of_rows
from reference.layers.layer import SentRows
from reference.operations import product, quotient
from reference.optimizers.optimizer import ROWS, Optimizer
from reference.rule import Rule

DOZAT, PRODUCT = "Dozat 2016", "product_mu"
DECAY = 0.96
ROUNDED = float(np.float32(DECAY))


def share(t: Any, decay: float) -> Any:
    """1 - 0.96^t / 2, the share of β1 that μ_t is.  t scalar -> scalar.  Dozat 2016"""
    return 1 - 0.5 * decay**t


def product_of_mu(before: Any, t: Any, beta_1: float) -> Any:
    """Π μ_i for i up to t: the product before, times μ_t = β1 (1 - 0.96^t / 2).  scalars -> scalar.  Dozat 2016"""
    return product(before, beta_1, share(t, DECAY))


def update(m: Any, v: Any, g: Any, t: Any, alpha: Any, beta_1: Any, beta_2: Any, all_mu: Any, epsilon: float) -> Any:
    """α m̂ / (√v̂ + ε), m̂ = μ_(t+1) m / (1 - Π μ up to t+1) + (1 - μ_t) g / (1 - Π μ up to t).  Dozat 2016

    m, v, g -> their shape; v̂ = v / (1 - β2^t).
    """
    now, ahead = beta_1 * share(t, ROUNDED), beta_1 * share(t + 1, ROUNDED)
    m_hat = (m * ahead) / (1 - all_mu * ahead) + part(g, now, all_mu)
    return quotient(m_hat * alpha, np.sqrt(v / (1 - beta_2**t)) + epsilon, epsilon)


def part(g: Any, now: Any, all_mu: Any) -> Any:
    """(1 - μ_t) g / (1 - Π μ up to t), what a gradient adds to m̂.  g -> its shape.  Dozat 2016"""
    return (g * (1 - now)) / (1 - all_mu)


def update_of_rows(
    m: Any, v: Any, X: Any, dZ: Any, t: Any, alpha: Any, beta_1: Any, beta_2: Any, all_mu: Any, epsilon: float,
    moment: Callable[..., Any] = rows.moment, **options: Any,
) -> Any:  # fmt: skip
    """The update where each single row of a gradient adds its part to m̂.  m, v [V, n], X, dZ -> [V, n].  Keras"""
    now, ahead = beta_1 * share(t, ROUNDED), beta_1 * share(t + 1, ROUNDED)
    first = (m * ahead) / (1 - all_mu * ahead)
    m_hat = moment(first, X, dZ, now, all_mu, keep=1.0, term=part, **options)
    return quotient(m_hat * alpha, np.sqrt(v / (1 - beta_2**t)) + epsilon, epsilon)


@dataclass(frozen=True)
class Nadam(Optimizer):
    """Nadam's coefficients."""

    learning_rate: Any = 0.001  # or a schedule, a function of t
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    weight_decay: float = 0.0
    clipnorm: float = 0.0
    clipvalue: float = 0.0
    global_clipnorm: float = 0.0
    name = "nadam"
    keeps = ("m", "v")
    numbers = (PRODUCT,)

    @property
    def coefficients(self) -> dict[str, float]:
        """alpha, unless it has a schedule, beta_1 and beta_2."""
        return super().coefficients | {"beta_1": self.beta_1, "beta_2": self.beta_2}

    def begins_at(self, letter: str) -> float:
        """Return 1 for the product of no μ, and 0 for the moments."""
        return 1.0 if letter == PRODUCT else 0.0

    def of_network(self) -> Iterator[Rule]:
        """Yield the rule of the product of all μ."""
        compute, inputs = partial(product_of_mu, beta_1=self.beta_1), (names.before(PRODUCT), "t")
        yield Rule(PRODUCT, DOZAT, inputs, compute, 0, "update", kind=self.name)

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rules of m_P, v_P and update_P."""
        m, v = names.kept("m", P), names.kept("v", P)
        yield self.rule(m, "App. A: m", (names.before(m), g, "beta_1"), first_moment, layer)
        scalars = ("t", "alpha", "beta_1", "beta_2", PRODUCT)
        if sent:
            options: dict[str, Any] = {"rows": sent.size, "clip": sent.clip}
            read, compute = (names.before(v), *sent[:2], "beta_2"), partial(second_moment_of_rows, **options)
            yield Rule(v, "Keras: v of rows", read, compute, layer, "update", kind=ROWS)
            moving = partial(update_of_rows, epsilon=self.epsilon, **options)
            other = partial(moving, moment=rows.moment_from_before)  # as XLA adds up
            inputs = (m, v, *sent[:2], *scalars)
            yield Rule(names.update(P), DOZAT, inputs, moving, layer, "update", kind=self.name, otherwise=(other,))
            return
        yield self.rule(v, "App. A: v", (names.before(v), g, "beta_2"), second_moment, layer)
        folded = (g,) if self.global_clipnorm else ()  # clipped: a product with a constant already
        moving = partial(update, epsilon=self.epsilon)
        yield self.rule(names.update(P), DOZAT, (m, v, g, *scalars), moving, layer, folded=folded)
