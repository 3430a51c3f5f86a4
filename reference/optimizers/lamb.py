"""Lamb (You et al. 2019): Adam, with the length of each step brought to that of its parameters.

The paper adds the weight decay to the step before it takes the ratio of the lengths. Keras decays the parameters before
the step, and its ratio is 1 where one of the two lengths is 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.adam import first_moment, second_moment, second_moment_of_rows
from reference.layers.layer import SentRows
from reference.operations import choose, product, quotient, rounded_as
from reference.optimizers.optimizer import ROWS, Optimizer
from reference.rule import Rule

YOU = "You et al. 2019"


def direction(m: Any, v: Any, t: Any, beta_1: Any, beta_2: Any, epsilon: float) -> Any:
    """r = m̂ / (√v̂ + ε), m̂ = m / (1 - β1^t), v̂ = v / (1 - β2^t).  m, v -> their shape.  You et al. 2019, Algorithm 2"""
    return quotient(m / (1 - beta_1**t), np.sqrt(v / (1 - beta_2**t)) + epsilon, epsilon)


def length(x: Any) -> Any:
    """The root of the sum of all squares.  x -> scalar.  You et al. 2019"""
    return np.sqrt(np.sum(np.maximum(x, -x) ** 2))


def ratio(P: Any, r: Any) -> Any:
    """‖w‖ / ‖r‖, and 1 where one of them is 0.  P, r -> scalar.  You et al. 2019; the 1 is Keras's"""
    of_P, of_r = length(P), length(r)
    one = rounded_as(1.0, of_P)
    return choose(of_P > 0, choose(of_r > 0, of_P / choose(of_r > 0, of_r, one), one), one)


def update(P: Any, m: Any, v: Any, t: Any, alpha: Any, beta_1: Any, beta_2: Any, epsilon: float) -> Any:
    """α r ‖w‖ / ‖r‖, to be subtracted.  P, m, v -> their shape.  You et al. 2019, Algorithm 2"""
    r = direction(m, v, t, beta_1, beta_2, epsilon)
    return product(ratio(P, r), alpha, r)


@dataclass(frozen=True)
class Lamb(Optimizer):
    """Lamb's coefficients."""

    learning_rate: Any = 0.001  # or a schedule, a function of t
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    weight_decay: float = 0.0
    clipnorm: float = 0.0
    clipvalue: float = 0.0
    global_clipnorm: float = 0.0
    name = "lamb"
    keeps = ("m", "v")
    moves_by_a_product = True
    moves_by_rows = False

    @property
    def coefficients(self) -> dict[str, float]:
        """alpha, unless it has a schedule, beta_1 and beta_2."""
        return super().coefficients | {"beta_1": self.beta_1, "beta_2": self.beta_2}

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rules of m_P, v_P and update_P."""
        m, v = names.kept("m", P), names.kept("v", P)
        yield self.rule(m, "App. A: m", (names.before(m), g), partial(first_moment, beta_1=self.beta_1), layer)
        if sent:
            of_rows = partial(second_moment_of_rows, beta_2=self.beta_2, rows=sent.size, clip=sent.clip)
            yield Rule(v, "Keras: v of rows", (names.before(v), *sent[:2]), of_rows, layer, "update", kind=ROWS)
        else:
            yield self.rule(v, "App. A: v", (names.before(v), g), partial(second_moment, beta_2=self.beta_2), layer)
        inputs, compute = (self.held(P), m, v, "t", "alpha", "beta_1", "beta_2"), partial(update, epsilon=self.epsilon)
        yield Rule(names.update(P), YOU, inputs, compute, layer, "update", kind=self.name)
