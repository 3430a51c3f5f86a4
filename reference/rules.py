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
from reference import backprop, descent, feedforward, loss
from reference.activations import ACTIVATIONS
from reference.adam import Adam
from reference.descent import SGD
from reference.network import Network

Optimizer = Adam | SGD
CARRIED = "carried over"


@dataclass(frozen=True)
class Rule:
    """One tensor: the equation that gives it, what that equation reads, and the function that states it.

    `phase` is where the tensor stands in a step: start, forward, backward, update.
    `fusable` names inputs that are a product: a compiler may fuse it with the addition here (fused
    multiply-add), which then sees it unrounded. An input "W1@" is the previous
    step's W1_new (likewise "m_W1@", "v_W1@").
    """

    tensor: str
    equation: str
    inputs: tuple[str, ...]
    compute: Callable[..., Any]
    layer: int
    phase: str
    fusable: tuple[str, ...] = ()

    def __call__(self, known: Mapping[str, Any]) -> Any:
        """Evaluate on the named inputs, arrays or balls."""
        return self.compute(*(known[name] for name in self.inputs))


LOSSES: dict[str, dict[str, Any]] = {
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
    if cost not in LOSSES:
        raise ValueError(f"loss {cost!r} is not one of {', '.join(LOSSES)}")
    if network.activations[-1] != "softmax":
        raise ValueError("the losses of the essay follow a softmax output layer")
    steps = (_forward(network, cost), _backward(network, cost), _update(network, optimizer))
    return tuple(rule for part in steps for rule in part)


def _forward(network: Network, cost: str) -> Iterator[Rule]:
    L = network.depth
    for layer in range(1, L + 1):
        source = "X" if layer == 1 else f"A{layer - 1}"
        equation = {1: "6", 2: "8", 3: "9"}.get(layer, "8a")
        name = network.activations[layer - 1]
        yield Rule(
            f"Z{layer}", equation, (source, f"W{layer}", f"B{layer}"), feedforward.weighted_sum, layer, "forward"
        )
        activate = partial(feedforward.activation, name=name)
        yield Rule(f"A{layer}", ACTIVATIONS[name][2], (f"Z{layer}",), activate, layer, "forward")
    equation, letter, function = LOSSES[cost]["cost"]
    yield Rule("C", equation, (f"{letter}{L}", "y"), function, L, "forward")


def _backward(network: Network, cost: str) -> Iterator[Rule]:
    L = network.depth
    for layer in range(L, 0, -1):
        if layer == L:
            equation, letter, function = LOSSES[cost]["backward"]
            yield Rule(f"dZ{L}", equation, (f"{letter}{L}", "y"), function, L, "backward")
        else:
            after = (f"dZ{layer + 1}", f"W{layer + 1}")
            yield Rule(f"dA{layer}", "20a", after, backprop.activation_gradient, layer, "backward")
            slope = partial(backprop.sum_gradient, name=network.activations[layer - 1])
            yield Rule(f"dZ{layer}", "18b", (f"dA{layer}", f"Z{layer}"), slope, layer, "backward")
        weights, biases = {0: ("22a", "22b"), 1: ("22c", "22d")}.get(L - layer, ("22e", "22f"))
        source = "X" if layer == 1 else f"A{layer - 1}"
        yield Rule(f"dW{layer}", weights, (source, f"dZ{layer}"), backprop.weight_gradient, layer, "backward")
        product = (f"dZ{layer}",) if layer == L else ()
        yield Rule(f"dB{layer}", biases, (f"dZ{layer}",), backprop.bias_gradient, layer, "backward", product)


def _update(network: Network, optimizer: Optimizer) -> Iterator[Rule]:
    for layer in range(network.depth, 0, -1):
        for P, equation in ((f"W{layer}", "15"), (f"B{layer}", "16")):
            if isinstance(optimizer, Adam):
                yield from _adam(P, layer, optimizer)
            else:
                scaled = partial(descent.step, learning_rate=optimizer.learning_rate)
                yield Rule(f"update_{P}", equation, (f"d{P}",), scaled, layer, "update")
            product = (f"update_{P}",) if isinstance(optimizer, SGD) else ()
            yield Rule(f"{P}_new", equation, (P, f"update_{P}"), descent.descend, layer, "update", product)


def _adam(P: str, layer: int, adam: Adam) -> Iterator[Rule]:
    first = partial(adam_equations.first_moment, beta_1=adam.beta_1)
    second = partial(adam_equations.second_moment, beta_2=adam.beta_2)
    form, function = (
        ("ε̂", adam_equations.update_epsilon_hat) if adam.epsilon_hat else ("θ", adam_equations.update_algorithm_1)
    )
    update = partial(function, epsilon=adam.epsilon)
    yield Rule(f"m_{P}", "App. A: m", (f"m_{P}_before", f"d{P}"), first, layer, "update", (f"d{P}",))
    yield Rule(f"v_{P}", "App. A: v", (f"v_{P}_before", f"d{P}"), second, layer, "update")
    read = (f"m_{P}", f"v_{P}", "t", "alpha", "beta_1", "beta_2")
    yield Rule(f"update_{P}", f"App. A: {form}", read, update, layer, "update")


def coefficients(optimizer: Optimizer) -> dict[str, float]:
    """The scalars that rules read as inputs, beside the time step t."""
    if isinstance(optimizer, SGD):
        return {}
    return {"alpha": optimizer.learning_rate, "beta_1": optimizer.beta_1, "beta_2": optimizer.beta_2}


def start(network: Network, optimizer: Optimizer, first: bool, *, training: bool = True) -> tuple[Rule, ...]:
    """What a step starts from: zero moments at the first, and at each later one what the last step left."""
    found: list[Rule] = []
    for P in network.parameters():
        layer = int(P[1:])
        if not first:
            found.append(Rule(P, CARRIED, (f"{P}@",), carried, layer, "start"))
        for moment in "mv" if training and isinstance(optimizer, Adam) else "":
            tensor = f"{moment}_{P}_before"
            if first:
                found.append(Rule(tensor, "App. A: start", (P,), zero_moment, layer, "start"))
            else:
                found.append(Rule(tensor, CARRIED, (f"{moment}_{P}@",), carried, layer, "start"))
    return tuple(found)


def carried(before: Any) -> Any:
    """A step begins with what the step before it left.  Any shape.  Appendix A"""
    return before


def zero_moment(P: Any) -> Any:
    """m_0 = v_0 = 0, shaped like the parameter.  Appendix A"""
    return np.zeros(P.shape)


def given(network: Network) -> tuple[str, ...]:
    """The tensors that no rule of a step computes: X, y and the parameters."""
    return ("X", "y", *network.parameters())
