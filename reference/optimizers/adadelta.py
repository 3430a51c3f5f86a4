"""Adadelta (Zeiler 2012). Keras multiplies the paper's step by a learning rate; the paper has none, which is 1."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.layers.layer import SentRows
from reference.operations import over_root
from reference.optimizers.optimizer import Optimizer
from reference.optimizers.rmsprop import mean_square, part_of_square
from reference.rule import Rule

ZEILER = "Zeiler 2012"


def step(g: Any, v: Any, u: Any, epsilon: float) -> Any:
    """Δ = g √(u + ε) / √(v + ε), with u of the steps before.  g, v, u -> their shape.  Zeiler 2012, (14)"""
    return over_root(np.sqrt(u + epsilon) * g, v + epsilon)


def mean_square_of_steps(u: Any, g: Any, v: Any, rho: float, epsilon: float) -> Any:
    """u_t = ρ u + (1 - ρ) Δ².  All shaped like g.  Zeiler 2012, Algorithm 1, step 6"""
    return u * rho + part_of_square(step(g, v, u, epsilon), rho)


def part_of_square_of_step(g: Any, v: Any, u: Any, rho: float, epsilon: float) -> Any:
    """(1 - ρ) Δ², what the step of a gradient adds to u.  g, v, u -> their shape.  Zeiler 2012, Algorithm 1, step 6"""
    return part_of_square(step(g, v, u, epsilon), rho)


def rated_step(g: Any, v: Any, u: Any, learning_rate: Any, epsilon: float) -> Any:
    """η Δ, to be subtracted.  g, v, u -> their shape.  Keras: Adadelta"""
    return step(g, v, u, epsilon) * learning_rate


@dataclass(frozen=True)
class Adadelta(Optimizer):
    """Adadelta's coefficients; the paper has the learning rate 1."""

    learning_rate: Any = 0.001  # or a schedule, a function of t
    rho: float = 0.95
    epsilon: float = 1e-7
    weight_decay: float = 0.0
    clipnorm: float = 0.0
    clipvalue: float = 0.0
    global_clipnorm: float = 0.0
    name = "adadelta"
    keeps = ("v", "u")
    moves_by_a_product = True

    def one_step(self, P: str) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """Return the step of a gradient, which also reads v_P, u_P of the step before, and η."""
        read = (names.kept("v", P), names.before(names.kept("u", P)), "alpha")
        return partial(rated_step, epsilon=self.epsilon), read

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rules of v_P, the mean square of gradients, of u_P, that of steps, and of update_P."""
        v, u = names.kept("v", P), names.kept("u", P)
        rho, both = self.rho, {"rho": self.rho, "epsilon": self.epsilon}
        folded = (g,) if self.global_clipnorm else ()  # clipped: a product with a constant already
        term: Callable[..., Any] = partial(part_of_square, rho=rho)
        yield self.moment(v, ZEILER, g, partial(mean_square, rho=rho), layer, sent, rho, term)
        if sent is None:
            inputs, compute = (names.before(u), g, v), partial(mean_square_of_steps, **both)
            yield self.rule(u, ZEILER, inputs, compute, layer, folded=folded)
        else:
            term, read = partial(part_of_square_of_step, **both), (v, names.before(u))
            yield self.moment(u, ZEILER, g, term, layer, sent, rho, term, read)
        yield self.step(P, ZEILER, g, layer, sent, folded=folded)
