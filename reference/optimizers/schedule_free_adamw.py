"""Schedule-free AdamW (Defazio et al. 2024): no schedule, but a mean x of all z, at which the model is to be used.

The parameters of the model are y, between z and x. Keras keeps z alone, and computes x from y and z of the step before.
The paper weighs each z by the square of its learning rate and decays y inside the step; Keras takes their plain mean,
and decays y before the step.

Keras 3.15 is wrong with TensorFlow: what it takes for a copy of z is the variable itself, which it has changed by then.
So it computes x from y and z after the step. By Hand finds this from the second step on, and names it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference import rows
from reference import tensor_names as names
from reference.adam import second_moment, second_moment_of_rows
from reference.layers.layer import SentRows
from reference.operations import quotient
from reference.optimizers.optimizer import ROWS, Optimizer
from reference.rule import Rule

DEFAZIO = "Defazio et al. 2024"


def step(g: Any, v: Any, t: Any, alpha: Any, beta_2: Any, epsilon: float, warmup_steps: float) -> Any:
    """α g / (√v̂ + ε), v̂ = v / (1 - β2^t), with α t / T until step T.  g, v -> their shape.  Defazio et al. 2024"""
    rate = alpha * np.minimum(t / warmup_steps, 1.0) if warmup_steps else alpha
    return quotient(g * rate, np.sqrt(v / (1 - beta_2**t)) + epsilon, epsilon)


def moved(z: Any, g: Any, v: Any, t: Any, alpha: Any, beta_2: Any, epsilon: float, warmup_steps: float) -> Any:
    """z less its step.  All shaped like g.  Defazio et al. 2024, Algorithm 1"""
    return z - step(g, v, t, alpha, beta_2, epsilon, warmup_steps)


def mean_of_before(y: Any, z: Any, beta_1: Any) -> Any:
    """x = (y - (1 - β1) z) / β1, all of the step before.  y, z -> their shape.  Defazio et al. 2024"""
    return (y - z * (1 - beta_1)) / beta_1


def between(y: Any, z: Any, new_z: Any, t: Any, beta_1: Any) -> Any:
    """(1 - β1) z_t + β1 x_t, x_t = (1 - 1/t) x + z_t / t.  y and z of the step before, new_z -> their shape.  Keras"""
    share = 1 / t
    x = mean_of_before(y, z, beta_1) * (1 - share) + new_z * share
    return new_z * (1 - beta_1) + x * beta_1


@dataclass(frozen=True)
class ScheduleFreeAdamW(Optimizer):
    """The coefficients. `warmup_steps`: the learning rate rises to its value in so many steps."""

    learning_rate: Any = 0.0025  # or a schedule, a function of t
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    warmup_steps: float = 0.0
    weight_decay: float = 0.0
    clipnorm: float = 0.0
    clipvalue: float = 0.0
    global_clipnorm: float = 0.0
    name = "schedule_free_adamw"
    keeps = ("z", "v")

    @property
    def coefficients(self) -> dict[str, float]:
        """alpha, unless it has a schedule, beta_1 and beta_2."""
        return super().coefficients | {"beta_1": self.beta_1, "beta_2": self.beta_2}

    def begins_at(self, letter: str) -> float | None:
        """Return None for z, which begins as the parameter, and 0 for v."""
        return None if letter == "z" else 0.0

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rules of v_P and z_P."""
        v, z, read = names.kept("v", P), names.kept("z", P), (names.kept("v", P), "t", "alpha", "beta_2")
        small = {"epsilon": self.epsilon, "warmup_steps": self.warmup_steps}
        if sent:
            options: dict[str, Any] = {"rows": sent.size, "clip": sent.clip}
            inputs, compute = (names.before(v), *sent[:2], "beta_2"), partial(second_moment_of_rows, **options)
            yield Rule(v, "Keras: v of rows", inputs, compute, layer, "update", kind=ROWS)
            of_rows = partial(rows.subtracted, term=partial(step, **small), **options)
            yield Rule(z, DEFAZIO, (names.before(z), *sent[:2], *read), of_rows, layer, "update", kind=ROWS)
        else:
            yield self.rule(v, "App. A: v", (names.before(v), g, "beta_2"), second_moment, layer)
            folded = (g,) if self.global_clipnorm else ()  # clipped: a product with a constant already
            yield self.rule(z, DEFAZIO, (names.before(z), g, *read), partial(moved, **small), layer, folded=folded)

    def end(self, P: str, kept: str, equation: str, layer: int, sent: SentRows | None) -> Rule:
        """Return the rule of P_new, the y that z_P and x give."""
        z = names.kept("z", P)
        return self.rule(names.new(P), DEFAZIO, (kept, names.before(z), z, "t", "beta_1"), between, layer)
