"""Adafactor (Shazeer & Stern 2018): of a matrix it keeps means of the squares along its rows and its columns alone.

The paper keeps sums, Keras means; both give the same v. The paper's v̂ of a vector is not factored, and neither is
Keras's. With relative step sizes the paper's step is max(ε2, RMS(w)) ρ_t, ρ_t = min(0.01, 1/√t). Keras takes α in place
of 0.01. Keras takes this minimum with `relative_step=False` as well, and also of a schedule, so that this option has no
influence. Keras decays the parameters before the step.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.layers.layer import SentRows
from reference.operations import divided, over_root, product, rounded_as
from reference.optimizers.optimizer import Optimizer
from reference.rule import Rule

SHAZEER = "Shazeer & Stern 2018"


def mean(before: Any, g: Any, t: Any, epsilon_1: float, beta_2_decay: float, axis: int | None = None) -> Any:
    """β2 v + (1 - β2) (g² + ε1), β2 = 1 - t^γ, or of means along an axis.  Shazeer & Stern 2018, Algorithms 4 and 5

    before, g, scalar -> the shape of `before`
    """
    beta_2 = 1 - t**beta_2_decay
    square = g * g + epsilon_1
    if axis is not None:
        square = divided(np.sum(square, axis=axis), float(g.shape[axis])).reshape(before.shape)
    return before * beta_2 + square * (1 - beta_2)


def from_factors(r: Any, c: Any, g: Any) -> Any:
    """r / mean(r) · c: each row's mean times each column's.  r [.., k], c [.., n], g [.., k, n] -> g's shape.  Keras

    Shazeer & Stern 2018, Algorithm 4, with means in place of sums.  g gives the shape alone.
    """
    *others, k, n = g.shape
    rows, columns = r.reshape(*others, k, 1), c.reshape(*others, 1, n)
    return (rows / divided(np.sum(rows, axis=-2, keepdims=True), float(k))) * columns


def root_mean_square(x: Any) -> Any:
    """√(Σ x² / n).  x -> scalar.  Shazeer & Stern 2018: RMS"""
    return np.sqrt(divided(np.sum(x * x), float(prod(x.shape))))


def size(P: Any, t: Any, alpha: Any, epsilon_2: float) -> Any:
    """max(ε2, RMS(w)) ρ, ρ = min(α, 1/√t).  P, scalars -> scalar.  Shazeer & Stern 2018, section 8; α is Keras's"""
    least = rounded_as(epsilon_2, P)
    return np.maximum(least, root_mean_square(P)) * np.minimum(alpha, over_root(1.0, t))


def update(P: Any, g: Any, v: Any, t: Any, alpha: Any, epsilon_2: float, clip_threshold: float) -> Any:
    """α_t û, û = u / max(1, RMS(u) / d), u = g / √v.  P, g, v -> their shape.  Shazeer & Stern 2018, Algorithms 4, 5"""
    u = g / np.sqrt(v)
    too_long = np.maximum(rounded_as(1.0, P), divided(root_mean_square(u), clip_threshold))
    return product(size(P, t, alpha, epsilon_2), u / too_long)


@dataclass(frozen=True)
class Adafactor(Optimizer):
    """Adafactor's coefficients, under Keras's names. `factored` is False for what moves a vector."""

    learning_rate: Any = 0.001  # or a schedule, a function of t
    beta_2_decay: float = -0.8
    epsilon_1: float = 1e-30
    epsilon_2: float = 1e-3
    clip_threshold: float = 1.0
    relative_step: bool = True
    weight_decay: float = 0.0
    clipnorm: float = 0.0
    clipvalue: float = 0.0
    global_clipnorm: float = 0.0
    factored: bool = True
    name = "adafactor"
    moves_by_a_product = True
    moves_by_rows = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.clip_threshold:
            raise ValueError("clip_threshold of adafactor must not be 0")

    @property
    def keeps(self) -> tuple[str, ...]:
        """The letters r and c of a matrix, and v."""
        return (names.OF_ROWS, names.OF_COLUMNS, "v") if self.factored else ("v",)

    def of(self, P: str) -> Optimizer:
        """Return what moves a parameter: weights are factored, other parameters are not."""
        return self if names.read(P).quantity == "W" else replace(self, factored=False)

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rules of r_P, c_P, v_P and update_P; of a vector those of v_P and update_P."""
        v = names.kept("v", P)
        compute = partial(mean, epsilon_1=self.epsilon_1, beta_2_decay=self.beta_2_decay)
        if self.factored:
            r, c = names.kept(names.OF_ROWS, P), names.kept(names.OF_COLUMNS, P)
            for kept, axis in ((r, -1), (c, -2)):
                inputs, along = (names.before(kept), g, "t"), partial(compute, axis=axis)
                yield Rule(kept, SHAZEER, inputs, along, layer, "update", kind=self.name)
            yield Rule(v, f"{SHAZEER}: v", (r, c, g), from_factors, layer, "update", kind=self.name)
        else:
            yield self.rule(v, f"{SHAZEER}: v", (names.before(v), g, "t"), compute, layer)
        small = {"epsilon_2": self.epsilon_2, "clip_threshold": self.clip_threshold}
        read, compute = (self.held(P), g, v, "t", "alpha"), partial(update, **small)
        yield Rule(names.update(P), SHAZEER, read, compute, layer, "update", kind=self.name)
