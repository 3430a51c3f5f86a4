"""Adagrad (Duchi et al. 2011).

The paper adds δ outside the root, and its sums of squares begin at 0. Keras adds ε inside the root, and its sums begin
at `initial_accumulator_value`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from reference import tensor_names as names
from reference.layers.layer import SentRows
from reference.optimizers.optimizer import Optimizer
from reference.optimizers.rmsprop import step
from reference.rule import Rule

DUCHI = "Duchi et al. 2011"


def sum_of_squares(v: Any, g: Any) -> Any:
    """v_t = v + g².  All shaped like g.  Duchi et al. 2011, section 1.1"""
    return v + square(g)


def square(g: Any) -> Any:
    """g², what a gradient adds to the sum.  g -> its shape.  Duchi et al. 2011, section 1.1"""
    return g * g


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Adagrad's coefficients. `initial_accumulator_value`: where all sums of squares begin."""

    learning_rate: Any = 0.001  # or a schedule, a function of t
    initial_accumulator_value: float = 0.1
    epsilon: float = 1e-7
    weight_decay: float = 0.0
    clipnorm: float = 0.0
    clipvalue: float = 0.0
    global_clipnorm: float = 0.0
    name = "adagrad"
    keeps = ("v",)
    moves_by_a_product = True  # a compiler may make a product of η g / √(v + ε)

    def begins_at(self, letter: str) -> float:
        """Return the number at which all v begin, and 0 for what accumulates and averages."""
        return self.initial_accumulator_value if letter == "v" else 0.0

    def one_step(self, P: str) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """Return the step of a gradient, which also reads v_P and η."""
        return partial(step, epsilon=self.epsilon), (names.kept("v", P), "alpha")

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rules of v_P, the sum of squares, and of update_P."""
        folded = (g,) if self.global_clipnorm else ()  # clipped: a product with a constant already
        yield self.moment(names.kept("v", P), DUCHI, g, sum_of_squares, layer, sent, 1.0, square, in_place=True)
        yield self.step(P, DUCHI, g, layer, sent, folded=folded)
