"""In place of the forward rules: sums, activations, rescaling, dropout."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference import activations
from reference.network import Network
from reference.rules import Rule
from verify.ball import Ball
from verify.variants.arithmetic import Found, products, word

SLOPES = (0.01, 0.1, 0.2, 0.3)  # of leaky ReLU, in common use
OTHERS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "relu": {
        "ReLU leaks (0.01)": lambda Z: np.maximum(Z, Z * 0.01),
        "ReLU cut off at 6": lambda Z: -np.maximum(-np.maximum(Z, 0), -6.0),
        "sigmoid in place of ReLU": activations.sigmoid,
    },
    "leaky_relu": {
        "ReLU in place of leaky ReLU": activations.relu,
        "leaky ReLU's sides exchanged": lambda Z: -_leaky(-Z),
    },
    "tanh": {
        "sigmoid in place of tanh": activations.sigmoid,
        "tanh cut to straight lines": lambda Z: np.minimum(np.maximum(Z, -1.0), 1.0),
        "tanh of half of z": lambda Z: np.tanh(Z * 0.5),
        "LeCun's 1.7159 tanh(2z/3)": lambda Z: np.tanh(Z * (2 / 3)) * 1.7159,
    },
    "sigmoid": {
        "tanh in place of sigmoid": np.tanh,
        "sigmoid cut to straight lines": lambda Z: np.minimum(np.maximum(Z * (1 / 6) + 0.5, 0.0), 1.0),
        "sign of z in the sigmoid": lambda Z: activations.sigmoid(-Z),
        "softmax in place of sigmoid": activations.softmax,
    },
    "linear": {"ReLU in place of no activation": activations.relu, "tanh in place of no activation": np.tanh},
}


def _leaky(Z: Any) -> Any:
    return activations.leaky_relu(Z)


def sums(rule: Rule) -> Found:
    source, W, *rest = rule.inputs
    if rest:
        yield "bias dropped", (source, W), lambda A, W: A @ W
        yield "bias subtracted", rule.inputs, lambda A, W, B: A @ W - B
    compute = rule.compute
    yield "one input dropped", rule.inputs, lambda A, W, *B: compute(A, _without_strongest(A, W), *B)
    yield "weights transposed", rule.inputs, lambda A, W, *B: compute(A, W.T, *B)
    yield "stale weights", (source, f"{W}~", *rest), rule.compute
    yield "stale inputs", (f"{source}~", W, *rest), rule.compute
    yield from products(rule.inputs, rule.compute)


def _without_strongest(A: Any, W: Any) -> Any:
    """W with the row of the input that is largest over the batch set to 0."""
    value = A.value if isinstance(A, Ball) else A
    keep = np.ones((W.shape[0], 1), dtype=bool)
    keep[int(np.argmax(np.abs(value).sum(axis=0)))] = False
    return W * keep


def of_activation(rule: Rule, network: Network) -> Found:
    (Z,) = rule.inputs
    name = network.activations[rule.layer - 1]
    if name == "softmax":
        yield "softmax over the batch", (Z,), lambda Z: activations.softmax(Z.T).T
        yield "softmax with temperature 2", (Z,), lambda Z: activations.softmax(Z * 0.5)
        yield "softmax of ReLU", (Z,), lambda Z: activations.softmax(np.maximum(Z, 0))
        yield "sigmoid in place of softmax", (Z,), activations.sigmoid
        yield "softmax not shifted by its largest", (Z,), _unshifted
        return
    yield "activation left out", (Z,), lambda Z: Z * 1.0
    for other, compute in OTHERS[name.partition("(")[0]].items():
        yield other, (Z,), compute
    if name.startswith("leaky_relu"):
        for slope in SLOPES:
            if activations.activation_named(f"leaky_relu(negative_slope={slope})") != activations.activation_named(
                name
            ):
                yield f"negative slope {slope}", (Z,), partial(activations.leaky_relu, negative_slope=slope)


def _unshifted(Z: Any) -> Any:
    E = np.exp(Z)
    return E * np.reciprocal(np.sum(E, axis=1, keepdims=True))


def rescalings(rule: Rule) -> Found:
    scale, offset = word(rule.compute, "scale"), word(rule.compute, "offset")
    yield "rescaling left out", rule.inputs, lambda X: X * 1.0
    yield "offset of the rescaling left out", rule.inputs, lambda X: X * scale
    yield "offset before the scale", rule.inputs, lambda X: (X + offset) * scale
    yield "divided by the scale", rule.inputs, lambda X: X * (1 / scale) + offset


def dropouts(rule: Rule) -> Found:
    """Forward and back: the same function of another tensor."""
    rate, (source, M), compute = word(rule.compute, "rate"), rule.inputs, rule.compute
    yield "dropout left out", (source,), lambda A: A * 1.0
    yield "dropout without 1/(1 - rate)", rule.inputs, lambda A, M: A * (M > 0)
    yield "dropout by 1/rate", rule.inputs, lambda A, M: A * (1 / rate) * (M > 0)
    yield "dropout by 1 - rate", rule.inputs, lambda A, M: A * (1 - rate) * (M > 0)
    yield "dropout's mask inverted", rule.inputs, lambda A, M: compute(A, 1 - M)
    yield (
        "dropout's mask of the wrong example",
        rule.inputs,
        lambda A, M: A * (1 / (1 - rate)) * np.roll(M > 0, 1, axis=0),
    )
    yield "dropout's mask of the step before", (source, f"{M}~"), compute
