"""The rules: every tensor of a training step, in the order of computing, with its equation.

Everything else walks this list: the comparison, the by-hand run, the tables, the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.layers.activation import Activation
from reference.layers.layer import Place
from reference.losses import loss_named
from reference.losses.loss import Written
from reference.network import Network
from reference.optimizers.optimizer import Optimizer
from reference.rule import Rule

__all__ = ["CARRIED", "LOSSES", "Optimizer", "Rule", "given", "rules", "start"]

CARRIED = "carried over"


LOSSES = ("categorical_crossentropy", "mean_squared_error")  # the essay's


def rules(network: Network, cost: str, optimizer: Optimizer) -> tuple[Rule, ...]:
    """Return all rules of one training step, for any network.  Raises ValueError for a loss it does not know."""
    end, kind = _end(network, cost), loss_named(cost).kind
    steps = (_forward(network, end, kind), _backward(network, end, kind), _update(network, optimizer))
    return tuple(_folded(rule for part in steps for rule in part))


def _folded(every: Iterator[Rule]) -> Iterator[Rule]:
    """Name the inputs that are a tensor times a constant, where another constant is multiplied by."""
    scaled: set[str] = set()
    for rule in every:
        if rule.scales:
            yield replace(rule, folded=tuple(name for name in rule.inputs if name in scaled))
            scaled.add(rule.tensor)
        else:
            yield rule


def _output(network: Network) -> tuple[Activation, Place, Place]:
    """The activation of the output layer, its place, and the place of what the network gives."""
    activation, place = [(x, place) for x, place in network.places if isinstance(x, Activation)][-1]
    return activation, place, network.places[-1][1]


def _end(network: Network, cost: str) -> Written:
    """How the loss is computed behind the output layer; a slope that reads "Z" is dZ(L), another dA(L) or dD(L)."""
    activation, at, last = _output(network)
    return loss_named(cost).written(activation.kind, dropped=last.gives != at.gives)


def _read(network: Network, end: Written) -> str:
    """The tensor at which the loss begins."""
    _, at, last = _output(network)
    return at.reads if end.reads == "Z" else last.gives


def _forward(network: Network, end: Written, kind: str) -> Iterator[Rule]:
    for layer, place in network.places:
        yield from layer.forward(place)
    yield Rule("C", end.cost_equation, (_read(network, end), "y"), end.cost, network.depth, "forward",
               kind=kind)  # fmt: skip


def _backward(network: Network, end: Written, kind: str) -> Iterator[Rule]:
    """From the loss back: each layer gives the gradients of its parameters, and that of what it reads."""
    _, at, last = _output(network)
    joint = end.joint or end.reads == "Z"  # the slope of the loss goes back through the activation as well
    slope = names.gradient(at.reads if joint else last.gives)
    yield Rule(slope, end.slope_equation, (_read(network, end), "y"), end.slope, network.depth, "backward",
               kind=kind)  # fmt: skip
    for layer, place in reversed(network.places):
        if not joint or place.number < network.depth or layer.begins:
            yield from layer.backward(place)


def _update(network: Network, optimizer: Optimizer) -> Iterator[Rule]:
    if callable(optimizer.learning_rate):
        schedule = optimizer.learning_rate
        yield Rule("alpha", f"Keras: {type(schedule).__name__}", ("t",), schedule, 0, "update", single=True)
    gradients = tuple(map(names.gradient, network.parameters()))
    for layer, place in reversed(network.places):
        for P in layer.parameters(place):
            equation = "16" if names.read(P).quantity == "B" else "15"
            yield from optimizer.rules(P, equation, place.number, gradients)


def start(network: Network, optimizer: Optimizer, first: bool, *, training: bool = True) -> tuple[Rule, ...]:
    """What a step starts from: zero moments at the first, and at each later one what the last step left."""
    found: list[Rule] = []
    for P in network.parameters():
        layer = names.read(P).layer or 0
        if not first:
            found.append(Rule(P, CARRIED, (P + names.CARRIED,), carried, layer, "start", elementwise=True))
        for moment in optimizer.keeps if training else ():
            tensor = names.before(names.kept(moment, P))
            if first:
                found.append(Rule(tensor, "App. A: start", (P,), zero_moment, layer, "start"))
            else:
                found.append(
                    Rule(
                        tensor,
                        CARRIED,
                        (names.kept(moment, P) + names.CARRIED,),
                        carried,
                        layer,
                        "start",
                        elementwise=True,
                    )
                )
    return tuple(found)


def carried(before: Any) -> Any:
    """A step begins with what the step before it left.  Any shape.  Appendix A"""
    return before


def zero_moment(P: Any) -> Any:
    """m_0 = v_0 = 0, shaped like the parameter.  Appendix A"""
    return np.zeros(P.shape)


def given(network: Network) -> tuple[str, ...]:
    """The tensors that no rule of a step computes: X, y, the parameters, and the masks of dropout."""
    return ("X", "y", *network.parameters(), *network.masks())
