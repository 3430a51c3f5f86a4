"""Gradient descent, (15) and (16), and with momentum. Their equations are in `reference.descent`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from reference import descent
from reference import tensor_names as names
from reference.optimizers.optimizer import Optimizer
from reference.rule import Rule

MOMENTUM = "Sutskever et al. 2013"


@dataclass(frozen=True)
class SGD(Optimizer):
    """Gradient descent with learning rate η (default as in Keras); plain unless the rest says otherwise."""

    learning_rate: Any = 0.01  # or a schedule, a function of t
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    clipnorm: float = 0.0
    clipvalue: float = 0.0
    global_clipnorm: float = 0.0
    name = "sgd"

    @property
    def keeps(self) -> tuple[str, ...]:
        return ("m",) if self.momentum else ()

    @property
    def moves_by_a_product(self) -> bool:
        return not self.momentum

    def move(self, P: str, g: str, equation: str, layer: int) -> Iterator[Rule]:
        update, m = names.update(P), names.kept("m", P)
        scaled = (g,) if self.global_clipnorm else ()  # a product with a constant, and so is what is made of it
        words: dict[str, Any] = {"kind": self.name, "elementwise": True}
        if not self.momentum:
            yield Rule(update, equation, (g, "alpha"), descent.step, layer, "update", folded=scaled, **words)
            return
        velocity = partial(descent.velocity, momentum=self.momentum)
        yield Rule(m, MOMENTUM, (names.before(m), g, "alpha"), velocity, layer, "update", folded=scaled, **words)
        if self.nesterov:
            ahead = partial(descent.nesterov, momentum=self.momentum)
            yield Rule(update, MOMENTUM, (m, g, "alpha"), ahead, layer, "update", folded=scaled, **words)
        else:
            yield Rule(update, MOMENTUM, (m,), descent.negated, layer, "update", **words)
