"""The rules: every tensor of a training step, in the order of computing, with its equation.

Everything else walks this list: the comparison, the by-hand run, the tables, the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from reference import adam as adam_equations
from reference import clipping, descent
from reference import tensor_names as names
from reference.adam import Adam
from reference.descent import SGD
from reference.layers.activation import Activation
from reference.layers.layer import Place
from reference.losses import loss_named
from reference.losses.loss import Written
from reference.network import Network
from reference.rule import Rule

__all__ = ["CARRIED", "LOSSES", "Optimizer", "Rule", "coefficients", "given", "moments", "rules", "start"]

Optimizer = Adam | SGD
CARRIED = "carried over"


LOSSES = ("categorical_crossentropy", "mean_squared_error")  # the essay's


def rules(network: Network, cost: str, optimizer: Optimizer) -> tuple[Rule, ...]:
    """All rules of one training step, for any network.  Raises ValueError for a loss it does not know."""
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
            yield from _of_parameter(P, equation, place.number, optimizer, gradients)


def _of_parameter(
    P: str, equation: str, layer: int, optimizer: Optimizer, gradients: tuple[str, ...]
) -> Iterator[Rule]:
    """Clipping, decay, moments, what is subtracted, what is left: the order in which Keras does them."""
    g, kept = names.gradient(P), P
    clip = _clipping(P, layer, optimizer, gradients)
    if clip is not None:
        yield clip
        g = clip.tensor
    if optimizer.weight_decay:
        kept = names.decayed(P)
        decay = partial(descent.decayed, weight_decay=optimizer.weight_decay)
        yield Rule(kept, "Loshchilov & Hutter 2019", (P, "alpha"), decay, layer, "update", elementwise=True)
    product: tuple[str, ...] = ()
    scaled = (g,) if optimizer.global_clipnorm else ()
    if isinstance(optimizer, Adam):
        yield from _adam(P, g, layer, optimizer)
    elif optimizer.momentum:
        yield from _momentum(P, g, layer, optimizer, scaled)
    else:
        yield Rule(
            names.update(P), equation, (g, "alpha"), descent.step, layer, "update", folded=scaled, elementwise=True
        )
        product = (names.update(P),)
    yield Rule(
        names.new(P), equation, (kept, names.update(P)), descent.descend, layer, "update", product, elementwise=True
    )


def _clipping(P: str, layer: int, optimizer: Optimizer, gradients: tuple[str, ...]) -> Rule | None:
    """The gradient cut down, if it is; of Keras's three ways only one may be set."""
    name, read = names.clipped(P), (names.gradient(P),)
    if optimizer.clipnorm:
        by_norm = partial(clipping.by_norm, most=optimizer.clipnorm)
        return Rule(name, "Pascanu et al. 2013", read, by_norm, layer, "update")
    if optimizer.global_clipnorm:
        by_all = partial(clipping.by_global_norm, most=optimizer.global_clipnorm)
        return Rule(name, "Pascanu et al. 2013: all", (*read, *gradients), by_all, layer, "update")
    if optimizer.clipvalue:
        by_value = partial(clipping.by_value, most=optimizer.clipvalue)
        return Rule(name, "Keras: clipvalue", read, by_value, layer, "update", elementwise=True)
    return None


def _momentum(P: str, g: str, layer: int, sgd: SGD, scaled: tuple[str, ...]) -> Iterator[Rule]:
    move, source = partial(descent.velocity, momentum=sgd.momentum), "Sutskever et al. 2013"
    yield Rule(
        names.kept("m", P),
        source,
        (names.before(names.kept("m", P)), g, "alpha"),
        move,
        layer,
        "update",
        folded=scaled,
        elementwise=True,
    )
    if sgd.nesterov:
        ahead = partial(descent.nesterov, momentum=sgd.momentum)
        yield Rule(
            names.update(P),
            source,
            (names.kept("m", P), g, "alpha"),
            ahead,
            layer,
            "update",
            folded=scaled,
            elementwise=True,
        )
    else:
        yield Rule(names.update(P), source, (names.kept("m", P),), descent.negated, layer, "update", elementwise=True)


def _adam(P: str, g: str, layer: int, adam: Adam) -> Iterator[Rule]:
    first = partial(adam_equations.first_moment, beta_1=adam.beta_1)
    second = partial(adam_equations.second_moment, beta_2=adam.beta_2)
    form, function = (
        ("ε̂", adam_equations.update_epsilon_hat) if adam.epsilon_hat else ("θ", adam_equations.update_algorithm_1)
    )
    update = partial(function, epsilon=adam.epsilon)
    yield Rule(
        names.kept("m", P),
        "App. A: m",
        (names.before(names.kept("m", P)), g),
        first,
        layer,
        "update",
        (g,),
        elementwise=True,
    )
    yield Rule(
        names.kept("v", P),
        "App. A: v",
        (names.before(names.kept("v", P)), g),
        second,
        layer,
        "update",
        elementwise=True,
    )
    v = names.kept("v", P)
    if adam.amsgrad:
        v = names.kept("vmax", P)
        most = adam_equations.largest_moment
        yield Rule(
            v, "Reddi et al. 2018", (names.before(v), names.kept("v", P)), most, layer, "update", elementwise=True
        )
    read = (names.kept("m", P), v, "t", "alpha", "beta_1", "beta_2")
    yield Rule(names.update(P), f"App. A: {form}", read, update, layer, "update", elementwise=True)


def coefficients(optimizer: Optimizer) -> dict[str, float]:
    """The scalars that rules read as inputs, beside the time step t; a learning rate on a schedule has a rule."""
    found = {} if callable(optimizer.learning_rate) else {"alpha": optimizer.learning_rate}
    return found if isinstance(optimizer, SGD) else found | {"beta_1": optimizer.beta_1, "beta_2": optimizer.beta_2}


def moments(optimizer: Optimizer) -> tuple[str, ...]:
    """What an optimizer remembers of each parameter: m, v, the largest v; nothing for plain descent."""
    if isinstance(optimizer, SGD):
        return ("m",) if optimizer.momentum else ()
    return ("m", "v", "vmax") if optimizer.amsgrad else ("m", "v")


def start(network: Network, optimizer: Optimizer, first: bool, *, training: bool = True) -> tuple[Rule, ...]:
    """What a step starts from: zero moments at the first, and at each later one what the last step left."""
    found: list[Rule] = []
    for P in network.parameters():
        layer = names.read(P).layer or 0
        if not first:
            found.append(Rule(P, CARRIED, (P + names.CARRIED,), carried, layer, "start", elementwise=True))
        for moment in moments(optimizer) if training else ():
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
