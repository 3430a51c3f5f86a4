"""The rules: every tensor of a training step with its equation, in the order of computing.

The comparison, the by-hand run, the tables and the tests all use this list.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.branches import together
from reference.layers.activation import Activation
from reference.layers.linear import Linear
from reference.losses import loss_named
from reference.losses.loss import LossEquations
from reference.network import Network
from reference.optimizers.optimizer import Optimizer
from reference.rule import Rule

__all__ = ["CARRIED", "FROZEN", "LOSSES", "Optimizer", "Rule", "given_names", "rules", "start"]

CARRIED, FROZEN = "carried over", "frozen"
LOSSES = ("categorical_crossentropy", "mean_squared_error")  # the essay's


def rules(network: Network, cost: str, optimizer: Optimizer) -> tuple[Rule, ...]:
    """Return all rules of one training step of a network.  Raises ValueError if the loss is unknown."""
    end, kind = _end(network, cost), loss_named(cost).kind
    steps = (_forward(network, end, kind), _backward(network, end, kind), _update(network, optimizer))
    return tuple(_folded(rule for part in steps for rule in part))


def _folded(sequence: Iterator[Rule]) -> Iterator[Rule]:
    """Yield the rules; one that multiplies by a constant names its inputs that are such products already."""
    scaled: set[str] = set()
    for rule in sequence:
        if rule.scales:
            yield replace(rule, folded=tuple(name for name in rule.inputs if name in scaled))
            scaled.add(rule.tensor)
        else:
            yield rule


def _end(network: Network, cost: str) -> LossEquations:
    """Return how the loss is computed behind the output.  Raises ValueError if that is more than a row an example."""
    layer, place = network.output
    if len(place.outputs) != 1:
        raise ValueError(f"the output must be one row an example, not the shape {list(place.outputs)}")
    return loss_named(cost).written(layer.kind if isinstance(layer, Activation) else Linear.kind)


def _read(network: Network, end: LossEquations) -> str:
    """Return the tensor that the loss reads beside y."""
    place = network.output[1]
    return place.reads if end.reads == "Z" else place.gives


def _forward(network: Network, end: LossEquations, kind: str) -> Iterator[Rule]:
    for layer, place in network.places:
        yield from layer.forward(place)
    yield Rule("C", end.cost_equation, (_read(network, end), "y"), end.cost, network.depth, "forward", kind=kind)


def _backward(network: Network, end: LossEquations, kind: str) -> Iterator[Rule]:
    """Yield the rules from the loss back: for each layer the gradients of its parameters and of what it reads.

    A tensor with several readers gets one rule, when all of them have sent something back.
    """
    sent: dict[str, list[Rule]] = {}
    expected = Counter(rule.tensor for rule in _sent_back(network, end, kind))
    for rule in _sent_back(network, end, kind):
        parts = sent.setdefault(rule.tensor, [])
        parts.append(rule)
        if len(parts) == expected[rule.tensor]:
            yield rule if len(parts) == 1 else together(parts)


def _sent_back(network: Network, end: LossEquations, kind: str) -> Iterator[Rule]:
    """Yield what each layer sends back, from the loss on: several rules for a tensor with several readers."""
    output = network.output[1]
    joint = end.joint or end.reads == "Z"  # the slope of the loss is dZ(L): it includes the activation's
    slope = names.gradient(output.reads if joint else output.gives)
    yield Rule(slope, end.slope_equation, (_read(network, end), "y"), end.slope, network.depth, "backward", kind=kind)
    for layer, place in reversed(network.places):
        if not joint or place is not output:
            yield from layer.backward(place)


def _update(network: Network, optimizer: Optimizer) -> Iterator[Rule]:
    if callable(optimizer.learning_rate):
        schedule = optimizer.learning_rate
        yield Rule("alpha", f"Keras: {type(schedule).__name__}", ("t",), schedule, 0, "update", single=True)
    sent = {P: layer.sent_rows(place) for layer, place in network.places for P in layer.learned(place) if place.owns}
    gradients = tuple(names.gradient(P) if rows is None else rows.rows for P, rows in sent.items())
    for layer, place in reversed(network.places):
        for P in (P for P in layer.parameters(place) if place.owns and P not in layer.learned(place)):
            yield Rule(names.new(P), FROZEN, (P,), carried, place.number, "update", elementwise=True)
        for P in (P for P in layer.learned(place) if place.owns):
            equation = "16" if names.read(P).quantity == "B" else "15"
            yield from optimizer.rules(P, equation, place.number, gradients, sent[P])


def start(network: Network, optimizer: Optimizer, first: bool, *, training: bool = True) -> tuple[Rule, ...]:
    """Return the rules of what a step starts from: zero moments in the first step, later what the last step left."""
    starting: list[Rule] = []
    for P in network.parameters():
        layer = names.read(P).layer or 0
        if not first:
            starting.append(_carried_over(P, P, layer))
        for moment in optimizer.keeps if training and P in network.learned() else ():
            kept = names.kept(moment, P)
            if first:
                starting.append(Rule(names.before(kept), "App. A: start", (P,), zero_moment, layer, "start"))
            else:
                starting.append(_carried_over(names.before(kept), kept, layer))
    for kept in () if first else network.kept:
        starting.append(_carried_over(names.before(kept), kept, 0))
    return tuple(starting)


def _carried_over(tensor: str, kept: str, layer: int) -> Rule:
    """Return the rule of a tensor that is what the step before kept."""
    return Rule(tensor, CARRIED, (kept + names.CARRIED,), carried, layer, "start", elementwise=True)


def carried(before: Any) -> Any:
    """A step begins with what the step before it left.  Any shape.  Appendix A"""
    return before


def zero_moment(P: Any) -> Any:
    """m_0 = v_0 = 0, shaped like the parameter.  Appendix A"""
    return np.zeros(P.shape)


def given_names(network: Network) -> tuple[str, ...]:
    """Return the tensors that no rule of a step computes.

    These are X, y, the parameters, the dropout masks, and what layers have kept from the step before.
    """
    return ("X", "y", *network.parameters(), *network.masks(), *map(names.before, network.kept))
