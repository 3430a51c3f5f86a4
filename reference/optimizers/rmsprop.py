"""RMSprop (Hinton 2012), centered and with momentum (Graves 2013).

Hinton divides by the root of the mean square alone. Graves adds ε to it inside the root, as Keras does, and adds the
step to the velocity after it was multiplied by the learning rate. PyTorch adds ε outside the root and multiplies the
velocity by the learning rate afterwards.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from reference import tensor_names as names
from reference.layers.layer import SentRows
from reference.operations import added, over_root, rounded_as
from reference.optimizers.optimizer import Optimizer
from reference.rule import Rule

HINTON, GRAVES = "Hinton 2012", "Graves 2013"


def mean_square(v: Any, g: Any, rho: float) -> Any:
    """v_t = ρ v + (1 - ρ) g².  All shaped like g.  Hinton 2012; (38) of Graves 2013"""
    return v * rho + part_of_square(g, rho)


def part_of_square(g: Any, rho: float) -> Any:
    """(1 - ρ) g², what a gradient adds to the mean square.  g -> its shape.  Hinton 2012"""
    return g * g * (1 - rho)


def mean(before: Any, g: Any, rho: float) -> Any:
    """ρ times the mean gradient before, plus (1 - ρ) g.  All shaped like g.  (39) of Graves 2013"""
    return before * rho + part(g, rho)


def part(g: Any, rho: float) -> Any:
    """(1 - ρ) g, what a gradient adds to the mean gradient.  g -> its shape.  (39) of Graves 2013"""
    return g * (1 - rho)


def step(g: Any, v: Any, learning_rate: Any, epsilon: float) -> Any:
    """η g / √(v + ε), to be subtracted.  g, v -> their shape.  Keras: RMSprop"""
    return over_root(g * learning_rate, v + epsilon)


def centered_step(g: Any, v: Any, mean: Any, learning_rate: Any, epsilon: float) -> Any:
    """η g / √(v - ḡ² + ε) with the mean gradient ḡ, to be subtracted.  g, v, mean -> their shape.  Graves 2013, (40)

    TensorFlow's grappler may add ε to v first.
    """
    return over_root(g * learning_rate, added(v, -(mean * mean), rounded_as(epsilon, v)))


def velocity(m: Any, g: Any, v: Any, learning_rate: Any, momentum: float, epsilon: float) -> Any:
    """μ m + η g / √(v + ε).  m, g, v -> their shape.  Keras: RMSprop"""
    return m * momentum + step(g, v, learning_rate, epsilon)


def centered_velocity(m: Any, g: Any, v: Any, mean: Any, learning_rate: Any, momentum: float, epsilon: float) -> Any:
    """μ m + η g / √(v - ḡ² + ε).  m, g, v, mean -> their shape.  (40) of Graves 2013"""
    return m * momentum + centered_step(g, v, mean, learning_rate, epsilon)


def taken(m: Any) -> Any:
    """The velocity is what is subtracted.  m -> its shape.  (41) of Graves 2013"""
    return m


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """RMSprop's coefficients. `centered`: the square of the mean gradient is subtracted from the mean square."""

    learning_rate: Any = 0.001  # or a schedule, a function of t
    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    centered: bool = False
    weight_decay: float = 0.0
    clipnorm: float = 0.0
    clipvalue: float = 0.0
    global_clipnorm: float = 0.0
    name = "rmsprop"

    @property
    def keeps(self) -> tuple[str, ...]:
        """The letter v of the mean square, with `centered` g of the mean gradient, with momentum m of the velocity."""
        return ("v", *(("g",) if self.centered else ()), *(("m",) if self.momentum > 0 else ()))

    @property
    def moves_by_a_product(self) -> bool:
        """True without momentum: a compiler may make a product of η g / √(v + ε)."""
        return "m" not in self.keeps

    def one_step(self, P: str) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """Return the step of a gradient, which also reads v_P, with `centered` g_P, and η."""
        if self.centered:
            read = (names.kept("v", P), names.kept("g", P), "alpha")
            return partial(centered_step, epsilon=self.epsilon), read
        return partial(step, epsilon=self.epsilon), (names.kept("v", P), "alpha")

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rules of what it keeps for P, and of update_P."""
        rho, folded = self.rho, (g,) if self.global_clipnorm else ()  # clipped: a product with a constant already
        v, term = names.kept("v", P), partial(part_of_square, rho=rho)
        yield self.moment(v, HINTON, g, partial(mean_square, rho=rho), layer, sent, rho, term)
        if self.centered:
            compute, term = partial(mean, rho=rho), partial(part, rho=rho)
            yield self.moment(names.kept("g", P), GRAVES, g, compute, layer, sent, rho, term, folded=folded)
        if self.moves_by_a_product:
            yield self.step(P, GRAVES if self.centered else HINTON, g, layer, sent, folded=folded)
            return
        one_step, read = self.one_step(P)
        m, function = names.kept("m", P), centered_velocity if self.centered else velocity
        compute = partial(function, momentum=self.momentum, epsilon=self.epsilon)
        yield self.moment(m, GRAVES, g, compute, layer, sent, self.momentum, one_step, read, folded=folded)
        yield self.rule(names.update(P), GRAVES, (m,), taken, layer)
