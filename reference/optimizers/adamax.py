"""Adamax (Kingma & Ba 2015, section 7.1).

The paper divides by u alone. Keras adds ε to u before it multiplies u by the bias correction of m.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.adam import first_moment
from reference.clipping import Clip, kept
from reference.layers.layer import SentRows
from reference.operations import quotient
from reference.optimizers.optimizer import ROWS, Optimizer
from reference.rows import summed
from reference.rule import Rule

KINGMA = "Kingma & Ba 2015, 7.1"


def size(g: Any) -> Any:
    """|g|.  g -> its shape.  Kingma & Ba 2015, (12)"""
    return np.maximum(g, -g)


def infinity_norm(u: Any, g: Any, beta_2: float) -> Any:
    """u_t = max(β2 u, |g|).  All shaped like g.  Kingma & Ba 2015, (12)"""
    return np.maximum(u * beta_2, size(g))


def infinity_norm_of_rows(u: Any, X: Any, dZ: Any, beta_2: float, rows: int, clip: Clip = kept) -> Any:
    """u_t = max(β2 u, Σ |dZ|), where Keras adds up the sizes of the gradients of a row.  u, X, dZ -> [V, n].  Keras"""
    return np.maximum(u * beta_2, summed(X, dZ, term=size, rows=rows, clip=clip))


def update(m: Any, u: Any, t: Any, alpha: Any, beta_1: Any, epsilon: float) -> Any:
    """α m / ((1 - β1^t)(u + ε)), to be subtracted.  m, u -> their shape.  Kingma & Ba 2015, 7.1; ε is Keras's"""
    correction = 1 - beta_1**t
    return quotient(m * alpha, (u + epsilon) * correction, correction * epsilon)


@dataclass(frozen=True)
class Adamax(Optimizer):
    """Adamax's coefficients."""

    learning_rate: Any = 0.001  # or a schedule, a function of t
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    weight_decay: float = 0.0
    clipnorm: float = 0.0
    clipvalue: float = 0.0
    global_clipnorm: float = 0.0
    name = "adamax"
    keeps = ("m", "u")

    @property
    def coefficients(self) -> dict[str, float]:
        """alpha, unless it has a schedule, and beta_1."""
        return super().coefficients | {"beta_1": self.beta_1}

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rules of m_P, u_P, the infinity norm, and update_P."""
        m, u = names.kept("m", P), names.kept("u", P)
        yield self.rule(m, KINGMA, (names.before(m), g), partial(first_moment, beta_1=self.beta_1), layer)
        if sent:
            of_rows = partial(infinity_norm_of_rows, beta_2=self.beta_2, rows=sent.size, clip=sent.clip)
            yield Rule(u, "Keras: u of rows", (names.before(u), *sent[:2]), of_rows, layer, "update", kind=ROWS)
        else:
            yield self.rule(u, KINGMA, (names.before(u), g), partial(infinity_norm, beta_2=self.beta_2), layer)
        inputs = (m, u, "t", "alpha", "beta_1")
        yield self.rule(names.update(P), KINGMA, inputs, partial(update, epsilon=self.epsilon), layer)
