"""The rules: every tensor of a training step, in the order of computing, with its equation.

Everything else walks this list: the comparison, the by-hand run, the tables, the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference import adam as adam_equations
from reference import backprop, clipping, descent, feedforward, loss
from reference import tensor_names as names
from reference.activations import activation_named
from reference.adam import Adam
from reference.descent import SGD
from reference.losses import Written, loss_named, written
from reference.network import Network

Optimizer = Adam | SGD
CARRIED = "carried over"


@dataclass(frozen=True)
class Rule:
    """One tensor: the equation that gives it, what that equation reads, and the function that states it.

    `phase` is where the tensor stands in a step: start, forward, backward, update.
    `fusable` names inputs that are a product: a compiler may fuse it with the addition here (fused
    multiply-add), which then sees it unrounded. `folded` names inputs that are a tensor times a scalar: where the
    tensor is multiplied by another scalar here, a compiler may draw the scalars together. An input "W1@" is the
    previous step's W1_new (likewise "m_W1@", "v_W1@"). `single`: Keras computes it in float32, in float64 networks too.
    `elementwise`: each number depends on the same element of every input, and on single numbers, alone. `summed`:
    of a product of two matrices, the axis of each that is summed over; a third input belongs to the columns.
    """

    tensor: str
    equation: str
    inputs: tuple[str, ...]
    compute: Callable[..., Any]
    layer: int
    phase: str
    fusable: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    single: bool = False
    elementwise: bool = False
    summed: tuple[int, int] | None = None

    def __call__(self, known: Mapping[str, Any]) -> Any:
        """Evaluate on the named inputs, arrays or balls."""
        return self.compute(*(known[name] for name in self.inputs))


LOSSES: dict[str, dict[str, Any]] = {  # the essay's, behind its softmax
    "categorical_crossentropy": {
        "cost": ("14", "Z", loss.crossentropy_of_logits),
        "backward": ("21", "Z", loss.crossentropy_backward),
    },
    "mean_squared_error": {
        "cost": ("12", "A", loss.mean_squared_error),
        "backward": ("12, 19", "A", loss.mean_squared_error_backward),
    },
}


def rules(network: Network, cost: str, optimizer: Optimizer) -> tuple[Rule, ...]:
    """All rules of one training step, for any depth.  Raises ValueError for a loss it does not know."""
    end = _end(network, cost)
    steps = (_forward(network, end), _backward(network, end), _update(network, optimizer))
    return tuple(rule for part in steps for rule in part)


def _end(network: Network, cost: str) -> Written:
    """How the loss is computed behind this output layer; a slope that reads "Z" is dZ(L), another dA(L) or dD(L)."""
    activation, dropped = network.activations[-1], bool(network.rate(network.depth))
    if activation == "softmax" and not dropped and cost in LOSSES:
        own = LOSSES[cost]
        (at_cost, reads, compute), (at_slope, _, slope) = own["cost"], own["backward"]
        return Written(reads, compute, at_cost, slope, at_slope, joint=True)
    return written(loss_named(cost), activation, dropped)


def _forward(network: Network, end: Written) -> Iterator[Rule]:
    L, source = network.depth, "X"
    for number, (scale, offset) in enumerate(network.rescaling, 1):
        rescale = partial(feedforward.rescaled, scale=scale, offset=offset)
        folded = (source,) if source[0] == "S" else ()
        yield Rule(f"S{number}", "Keras: Rescaling", (source,), rescale, 0, "forward", folded=folded, elementwise=True)
        source = f"S{number}"
    yield from _dropout(network, 0, source)
    for layer in range(1, L + 1):
        source = network.output(layer - 1)
        equation = {1: "6", 2: "8", 3: "9"}.get(layer, "8a")
        name = network.activations[layer - 1]
        if network.has_bias(layer):
            read = (source, f"W{layer}", f"B{layer}")
            yield Rule(f"Z{layer}", equation, read, feedforward.weighted_sum, layer, "forward", summed=(1, 0))
        else:
            product = feedforward.weighted_sum_without_bias
            yield Rule(f"Z{layer}", equation, (source, f"W{layer}"), product, layer, "forward", summed=(1, 0))
        activate = partial(feedforward.activation, name=name)
        yield Rule(f"A{layer}", activation_named(name).equation, (f"Z{layer}",), activate, layer, "forward",
                   elementwise=name != "softmax")  # fmt: skip
        yield from _dropout(network, layer, f"A{layer}")
    yield Rule("C", end.cost_equation, (_read(network, end), "y"), end.cost, L, "forward")


def _read(network: Network, end: Written) -> str:
    """The tensor at which the loss begins."""
    return f"Z{network.depth}" if end.reads == "Z" else network.output(network.depth)


def _dropout(network: Network, layer: int, source: str) -> Iterator[Rule]:
    if network.rate(layer):
        drop = partial(feedforward.dropped, rate=network.rate(layer))
        scaled = (source,) if source[0] == "S" or (layer and _by_constant(network, layer)) else ()
        yield Rule(f"D{layer}", "Srivastava et al. 2014", (source, f"M{layer}"), drop, layer, "forward", folded=scaled,
                   elementwise=True)  # fmt: skip


def _by_constant(network: Network, layer: int) -> bool:
    """Whether the activation multiplies by a constant: behind or before a dropout, the two may be drawn together."""
    return network.activations[layer - 1].startswith("leaky_relu")


def _backward(network: Network, end: Written) -> Iterator[Rule]:
    L = network.depth
    for layer in range(L, 0, -1):
        if layer == L and (end.joint or end.reads == "Z"):
            yield Rule(f"dZ{L}", end.slope_equation, (_read(network, end), "y"), end.slope, L, "backward")
        else:
            yield from _through(network, layer, end)
        weights, biases = {0: ("22a", "22b"), 1: ("22c", "22d")}.get(L - layer, ("22e", "22f"))
        source = network.output(layer - 1)
        yield Rule(
            f"dW{layer}", weights, (source, f"dZ{layer}"), backprop.weight_gradient, layer, "backward", summed=(0, 0)
        )
        product = (f"dZ{layer}",) if layer == L else ()
        if network.has_bias(layer):
            yield Rule(f"dB{layer}", biases, (f"dZ{layer}",), backprop.bias_gradient, layer, "backward", product)


def _through(network: Network, layer: int, end: Written) -> Iterator[Rule]:
    """The gradient with respect to what a layer puts out, back through its dropout and its activation."""
    output = network.output(layer)
    if layer == network.depth:
        yield Rule(f"d{output}", end.slope_equation, (output, "y"), end.slope, layer, "backward")
    else:
        after = (f"dZ{layer + 1}", f"W{layer + 1}")
        yield Rule(f"d{output}", "20a", after, backprop.activation_gradient, layer, "backward", summed=(1, 1))
    if network.rate(layer):
        keep = partial(backprop.kept_gradient, rate=network.rate(layer))
        yield Rule(f"dA{layer}", "Srivastava et al. 2014", (f"dD{layer}", f"M{layer}"), keep, layer, "backward",
                   elementwise=True)  # fmt: skip
    name = network.activations[layer - 1]
    back = partial(backprop.sum_gradient, name=name)
    equation = "19" if name == "softmax" else "18b"
    read = (f"dA{layer}", f"{activation_named(name).reads}{layer}")
    scaled = (f"dA{layer}",) if network.rate(layer) and _by_constant(network, layer) else ()
    yield Rule(f"dZ{layer}", equation, read, back, layer, "backward", folded=scaled, elementwise=name != "softmax")


def _update(network: Network, optimizer: Optimizer) -> Iterator[Rule]:
    if callable(optimizer.learning_rate):
        schedule = optimizer.learning_rate
        yield Rule("alpha", f"Keras: {type(schedule).__name__}", ("t",), schedule, 0, "update", single=True)
    gradients = tuple(map(names.gradient, network.parameters()))
    for layer in range(network.depth, 0, -1):
        for P, equation in ((f"W{layer}", "15"), (f"B{layer}", "16")):
            if P in network.parameters():
                yield from _of_parameter(P, equation, layer, optimizer, gradients)


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
