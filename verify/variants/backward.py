"""In place of the rules of back-propagation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from reference import activations, backprop
from reference.network import Network
from reference.rules import Rule
from verify.ball import Ball
from verify.variants.arithmetic import Found, products
from verify.variants.forward import SLOPES


def gradients(rule: Rule, kind: str, network: Network) -> Found:
    inputs, compute = rule.inputs, rule.compute
    if kind == "dA":
        dZ, W = inputs
        yield "stale weights", (dZ, f"{W}~"), compute
        yield "weights not transposed", inputs, lambda dZ, W: dZ @ W
        yield "(22c) as printed, one output", inputs, _one_output
        if rule.layer == network.depth - 2:
            L = network.depth
            through = (f"dZ{L}", W, f"W{L}", f"Z{L - 1}")
            yield "(22e) as printed, one output", through, _one_output_below
        yield from products(inputs, compute)
    elif kind == "dZ":
        yield from _slopes(rule, network)
    elif kind == "dW":
        source, dZ = inputs
        yield "(18a) as printed, ∂z/∂w", inputs, lambda A, dZ: A.T @ (dZ * 0.0 + 1.0 / dZ.shape[0])
        yield "one example of the batch lost", inputs, lambda A, dZ: backprop.weight_gradient(A[:-1], dZ[:-1])
        yield "mean for sum", inputs, lambda A, dZ: compute(A, dZ) * (1 / dZ.shape[0])
        yield "gradient of the step before", (f"{rule.tensor}~",), lambda g: g * 1.0
        yield "gradient clipped", inputs, lambda A, dZ: _clipped(compute(A, dZ))
        weights_too = (*inputs, f"W{rule.layer}")
        yield "weight decay in the gradient (1e-4)", weights_too, lambda A, dZ, W: compute(A, dZ) + W * 1e-4
        yield from products(inputs, compute)
    else:
        yield "one example of the batch lost", inputs, lambda dZ: backprop.bias_gradient(dZ[:-1])
        yield "mean for sum", inputs, lambda dZ: compute(dZ) * (1 / dZ.shape[0])
        yield "gradient of the step before", (f"{rule.tensor}~",), lambda g: g * 1.0


def _slopes(rule: Rule, network: Network) -> Found:
    inputs, (dA, at), compute = rule.inputs, rule.inputs, rule.compute
    whole = network.activations[rule.layer - 1]
    name = whole.partition("(")[0]
    yield "mask missing" if name == "relu" else "slope missing", inputs, lambda dA, Z: dA * 1.0
    if name == "relu":
        yield "(18b) as printed, mask Z ≥ 0", inputs, lambda dA, Z: dA * ~(-Z > 0)
        yield "mask inverted", inputs, lambda dA, Z: dA * ~(Z > 0)
        yield "mask of the wrong example", inputs, lambda dA, Z: dA * np.roll(Z > 0, 1, axis=0)
        yield "mask of the step before", (dA, f"{at}~"), compute
        yield "slope of leaky ReLU (0.01)", inputs, lambda dA, Z: dA * (Z > 0) + dA * ~(Z > 0) * 0.01
        return
    yield "slope of the step before", (dA, f"{at}~"), compute
    for other, slope in OTHERS.get(name, {}).items():
        yield other, inputs, slope
    if name == "leaky_relu":
        for part in SLOPES:
            if activations.activation_named(f"leaky_relu(negative_slope={part})") != activations.activation_named(
                whole
            ):
                back = partial(activations.leaky_relu_backward, negative_slope=part)
                yield f"slope of leaky ReLU ({part})", inputs, back


OTHERS: dict[str, dict[str, Callable[[Any, Any], Any]]] = {
    "sigmoid": {
        "slope a in place of a (1 - a)": lambda dA, A: dA * A,
        "slope 1 - a in place of a (1 - a)": lambda dA, A: dA * (1 - A),
        "slope of tanh": lambda dA, A: dA * activations.tanh_slope(A),
        "slope of the sigmoid taken of a": lambda dA, A: activations.sigmoid_backward(dA, activations.sigmoid(A)),
    },
    "tanh": {
        "slope 1 - a in place of 1 - a²": lambda dA, A: dA * (1 - A),
        "slope of sigmoid": activations.sigmoid_backward,
        "slope of tanh taken of a": lambda dA, A: dA * activations.tanh_slope(np.tanh(A)),
    },
    "leaky_relu": {
        "slope of ReLU": lambda dA, Z: dA * (Z > 0),
        "leaky ReLU's sides exchanged on the way back": lambda dA, Z: activations.leaky_relu_backward(dA, -Z),
    },
    "linear": {"slope of ReLU": lambda dA, Z: dA * (Z > 0)},
    "softmax": {"slopes elementwise": activations.sigmoid_backward},
}


def _one_output(dZ: Any, W: Any) -> Any:
    """w_{j,j} (a_j - y_j) in place of the sum over outputs; where there is no w_{j,j}, nothing."""
    n, k = W.shape
    diagonal = np.zeros((k, n))
    diagonal[np.arange(min(n, k)), np.arange(min(n, k))] = 1
    value = W.value if isinstance(W, Ball) else W
    own = np.diagonal(value)
    row = np.zeros((1, n))
    row[0, : len(own)] = own
    return (dZ @ diagonal.astype(value.dtype)) * row.astype(value.dtype)


def _one_output_below(dZ: Any, W: Any, W_next: Any, Z: Any) -> Any:
    """Σ_k w_{j,k} f'(z_k) w_{k,j} (a_j - y_j); where there is no output j, nothing."""
    n, outputs = W.shape[0], W_next.shape[1]
    mask = (Z > 0) * np.ones(1, dtype=np.float32)
    own = mask @ (W.T[:, :outputs] * W_next) * dZ
    return own @ np.eye(outputs, n, dtype=np.float32)


def _clipped(g: Any) -> Any:
    value = g.value if isinstance(g, Ball) else g
    most = float(np.abs(value).max()) / 2
    return -np.maximum(-np.maximum(g, -most), -most)
