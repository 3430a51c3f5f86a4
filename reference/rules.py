"""The rules: every tensor of a training step with its equation, in the order of computing.

The comparison, the by-hand run, the tables and the tests all use this list.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.branches import together
from reference.constraints import Constraint
from reference.ends import End, costs, ends
from reference.layers.identity import Identity
from reference.network import Network
from reference.operations import rounded_as
from reference.optimizers.around import of_gradient, scaled_slope, with_what_is_around
from reference.optimizers.optimizer import Optimizer
from reference.regularizers import KIND
from reference.rule import Rule

__all__ = ["CARRIED", "FROZEN", "LOSSES", "Optimizer", "Rule", "given_names", "rules", "start"]

CARRIED, FROZEN = "carried over", "frozen"
LOSSES = ("categorical_crossentropy", "mean_squared_error")  # the essay's


def rules(network: Network, cost: str, optimizer: Optimizer) -> tuple[Rule, ...]:
    """Return all rules of one training step of a network.

    `cost` is the text of the loss, or of the loss of each output. Raises ValueError if it does not fit the network.
    """
    found = ends(network, cost)
    back = tuple(_scaled(end, optimizer.loss_scale_factor) for end in found) if optimizer.loss_scale_factor else found
    scale = optimizer.loss_scale_factor
    steps = (_forward(network, found), _backward(network, back, scale), _update(network, optimizer))
    return tuple(_folded(rule for part in steps for rule in part))


def _scaled(end: End, scale: float) -> End:
    """Return an output with the slope of its cost times the scale of the loss."""
    slope = partial(scaled_slope, slope=end.equations.slope, scale=scale)
    return replace(end, equations=replace(end.equations, slope=slope))


def _folded(sequence: Iterator[Rule]) -> Iterator[Rule]:
    """Yield the rules; one that multiplies by a constant names its inputs that are such products already."""
    scaled: set[str] = set()
    for rule in sequence:
        if rule.scales:
            yield replace(rule, folded=tuple(name for name in rule.inputs if name in scaled))
            scaled.add(rule.tensor)
        else:
            yield rule


def _forward(network: Network, found: tuple[End, ...]) -> Iterator[Rule]:
    for layer, place in network.places:
        yield from layer.forward(place)
    yield from costs(network, found)


def _backward(network: Network, found: tuple[End, ...], scale: float) -> Iterator[Rule]:
    """Yield the rules from the loss back: for each layer the gradients of its parameters and of what it reads.

    A tensor with several readers gets one rule, when all of them have sent something back.
    """
    sent: dict[str, list[Rule]] = {}
    layers = tuple(_sent_back(network, found))
    needed = {rule.tensor for rule in layers} | {names.gradient(P) for P in network.learned()}
    needed |= {names.gradient(end.place.gives) for end in found}
    penalties = [rule for rule in _of_penalties(network, scale) if rule.tensor in needed]
    first = [rule for rule in penalties if network.has_examples(rule.tensor)]  # what a layer gives, as W1 comes last
    every = (*first, *layers, *(rule for rule in penalties if rule not in first))
    expected = Counter(rule.tensor for rule in every)
    for rule in every:
        parts = sent.setdefault(rule.tensor, [])
        parts.append(rule)
        if len(parts) == expected[rule.tensor]:
            yield rule if len(parts) == 1 else together(parts)


def _sent_back(network: Network, found: tuple[End, ...]) -> Iterator[Rule]:
    """Yield what each layer sends back, from the loss on: several rules for a tensor with several readers.

    Behind an activation whose slope the loss includes, the activation sends back what its other readers send.
    """
    joint = {end.place.gives for end in found if end.joint} - {end.place.gives for end in found if not end.joint}
    every = (place for layer, place in network.places if not isinstance(layer, Identity))
    last = joint - {source.tensor for place in every for source in place.sources} - {P for P, _ in network.regularizers}
    yield from (end.backward(network.depth) for end in found)
    for layer, place in reversed(network.places):
        if place.gives not in last:
            yield from layer.backward(place)


def _of_penalties(network: Network, scale: float) -> Iterator[Rule]:
    """Yield what each penalty adds to the gradient of its parameter."""
    for P, own in network.regularizers:
        compute = partial(scaled_slope, slope=own.slope, scale=scale) if scale else own.slope
        layer = names.read(P).layer or 0
        options: dict[str, Any] = {"kind": KIND, "elementwise": own.elementwise}
        yield Rule(names.gradient(P), own.source, (P,), compute, layer, "backward", **options)


def _constrained(own: Iterator[Rule], constraint: Constraint | None, P: str, layer: int) -> Iterator[Rule]:
    """Yield the rules of all that a step does to P, the constraint at the end."""
    if constraint is None:
        yield from own
        return
    new, updated = names.new(P), names.updated(P)
    for rule in own:
        inputs = tuple(updated if name == new else name for name in rule.inputs)
        yield replace(rule, tensor=updated if rule.tensor == new else rule.tensor, inputs=inputs)
    yield Rule(new, "Keras: constraint", (updated,), constraint.compute, layer, "update", kind=constraint.kind)


def _update(network: Network, optimizer: Optimizer) -> Iterator[Rule]:
    if callable(optimizer.learning_rate):
        schedule = optimizer.learning_rate
        yield Rule("alpha", f"Keras: {type(schedule).__name__}", ("t",), schedule, 0, "update", single=True)
    yield from optimizer.of_network()
    sent = {P: layer.sent_rows(place) for layer, place in network.places for P in layer.learned(place) if place.owns}
    gradients = tuple(names.gradient(P) if rows is None else rows.rows for P, rows in sent.items())
    for layer, place in reversed(network.places):
        for P in (P for P in layer.learned(place) if place.owns):
            yield from of_gradient(optimizer, P, place.number)
    for layer, place in reversed(network.places):
        for P in (P for P in layer.parameters(place) if place.owns and P not in layer.learned(place)):
            yield Rule(names.new(P), FROZEN, (P,), carried, place.number, "update", elementwise=True)
        for P in (P for P in layer.learned(place) if place.owns):
            equation = "16" if names.read(P).quantity == "B" else "15"
            own = optimizer.of(P).rules(P, equation, place.number, gradients, sent[P])
            every = with_what_is_around(own, optimizer, P, place.number)
            yield from _constrained(every, dict(network.constraints).get(P), P, place.number)


def start(network: Network, optimizer: Optimizer, first: bool, *, training: bool = True) -> tuple[Rule, ...]:
    """Return the rules of what a step starts from: new moments in the first step, later what the last step left."""
    starting: list[Rule] = []
    for P in network.parameters():
        layer = names.read(P).layer or 0
        if not first:
            starting.append(_carried_over(P, P, layer))
        for moment in optimizer.of(P).carries if training and P in network.learned() else ():
            kept = names.kept(moment, P)
            if first:
                starting.append(_new(names.before(kept), P, optimizer.begins_at(moment), layer))
            else:
                starting.append(_carried_over(names.before(kept), kept, layer))
    for number in optimizer.numbers if training else ():
        if first:
            compute = partial(begun, number=optimizer.begins_at(number) or 0.0)
            starting.append(Rule(names.before(number), "Keras: start", (), compute, 0, "start"))
        else:
            starting.append(_carried_over(names.before(number), number, 0))
    for kept in () if first else network.kept:
        starting.append(_carried_over(names.before(kept), kept, 0))
    return tuple(starting)


def _new(tensor: str, P: str, begins_at: float | None, layer: int) -> Rule:
    """Return the rule of a moment of P in the first step."""
    if begins_at is None:
        return Rule(tensor, "Keras: start", (P,), as_parameter, layer, "start", elementwise=True)
    if begins_at:
        return Rule(tensor, "Keras: start", (P,), partial(constant_moment, number=begins_at), layer, "start")
    if names.read(tensor).role in (names.OF_ROWS, names.OF_COLUMNS):
        return Rule(tensor, "Keras: start", (P,), partial(zero_factor, tensor=tensor), layer, "start")
    return Rule(tensor, "App. A: start", (P,), zero_moment, layer, "start")


def _carried_over(tensor: str, kept: str, layer: int) -> Rule:
    """Return the rule of a tensor that is what the step before kept."""
    return Rule(tensor, CARRIED, (kept + names.CARRIED,), carried, layer, "start", elementwise=True)


def carried(before: Any) -> Any:
    """A step begins with what the step before it left.  Any shape.  Appendix A"""
    return before


def zero_moment(P: Any) -> Any:
    """m_0 = v_0 = 0, shaped like the parameter.  Appendix A"""
    return np.zeros(P.shape)


def zero_factor(P: Any, tensor: str) -> Any:
    """The zeros that the mean over rows or columns begins with.  P -> one axis less.  Shazeer & Stern 2018"""
    return np.zeros(names.shape_in_role(tensor, tuple(P.shape)))


def constant_moment(P: Any, number: float) -> Any:
    """A moment that begins with one number everywhere, shaped like the parameter.  Keras: initial_accumulator_value"""
    return np.zeros(P.shape) + rounded_as(number, P)


def as_parameter(P: Any) -> Any:
    """A moment that begins as the parameter.  P -> its shape.  Keras: ScheduleFreeAdamW"""
    return P


def begun(number: float) -> float:
    """A number that an optimizer keeps for the whole network begins with this one.  scalar.  Keras: start"""
    return number


def given_names(network: Network) -> tuple[str, ...]:
    """Return the tensors that no rule of a step computes.

    These are the inputs, the labels, the weights of examples, the parameters, the dropout masks, and what layers have
    kept from the step before.
    """
    return (*network.batch, *network.parameters(), *network.masks(), *map(names.before, network.kept))
