"""Gradient descent, (15) and (16), also with momentum. The equations are in `reference.descent`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from reference import descent
from reference import tensor_names as names
from reference.layers.layer import SentRows
from reference.optimizers.optimizer import ROWS, Optimizer
from reference.rule import Rule

MOMENTUM = "Sutskever et al. 2013"


@dataclass(frozen=True)
class SGD(Optimizer):
    """Gradient descent with learning rate η; all defaults are Keras's. Without other options it is (15) and (16)."""

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
        """The letter m, of the velocity, if there is momentum."""
        return ("m",) if self.momentum else ()

    @property
    def moves_by_a_product(self) -> bool:
        """True without momentum: update_P is then η∇C."""
        return not self.momentum

    def one_step(self, P: str) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """Return η∇C, which also reads η."""
        return descent.step, ("alpha",)

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rule of update_P; with momentum also that of m_P, the velocity."""
        if sent:
            yield from self._move_rows(P, equation, layer, sent)
            return
        update, m = names.update(P), names.kept("m", P)
        scaled = (g,) if self.global_clipnorm else ()  # clipped: a product with a constant already
        options: dict[str, Any] = {"kind": self.name, "elementwise": True}
        if not self.momentum:
            yield Rule(update, equation, (g, "alpha"), descent.step, layer, "update", folded=scaled, **options)
            return
        velocity = partial(descent.velocity, momentum=self.momentum)
        yield Rule(m, MOMENTUM, (names.before(m), g, "alpha"), velocity, layer, "update", folded=scaled, **options)
        if self.nesterov:
            ahead = partial(descent.nesterov, momentum=self.momentum)
            yield Rule(update, MOMENTUM, (m, g, "alpha"), ahead, layer, "update", folded=scaled, **options)
        else:
            yield Rule(update, MOMENTUM, (m,), descent.negated, layer, "update", **options)

    def _move_rows(self, P: str, equation: str, layer: int, sent: SentRows) -> Iterator[Rule]:
        """Yield the rules of update_P and m_P where the gradient of P comes as single rows."""
        update, m, inputs = names.update(P), names.kept("m", P), (*sent[:2], "alpha")
        options: dict[str, Any] = {"rows": sent.size, "clip": sent.clip}
        if not self.momentum:
            step = partial(descent.step_of_rows, **options)
            yield Rule(update, equation, inputs, step, layer, "update", kind=ROWS)
            return
        options["momentum"] = self.momentum
        velocity = partial(descent.velocity_of_rows, **options)
        yield Rule(m, MOMENTUM, (names.before(m), *inputs), velocity, layer, "update", kind=ROWS)
        if self.nesterov:
            ahead = partial(descent.nesterov_of_rows, **options)
            yield Rule(update, MOMENTUM, (m, *inputs), ahead, layer, "update", kind=ROWS)
        else:
            yield Rule(update, MOMENTUM, (m,), descent.negated, layer, "update", kind=self.name, elementwise=True)
