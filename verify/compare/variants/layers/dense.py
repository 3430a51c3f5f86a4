"""Variants of a Dense layer's sums, and of the gradients computed from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference import backprop
from reference.network import Network
from reference.rule import Rule
from reference.tensor_names import gradient, of_layer, previous, read
from verify.bounds import Ball
from verify.compare.variants.shared import VariantParts, products


def variants(rule: Rule, network: Network) -> VariantParts:
    """Yield the variants of one rule of a Dense layer, the simplest first."""
    if rule.phase == "forward":
        yield from _sums(rule)
    elif read(rule.tensor).quantity == "W":
        yield from _weight_gradients(rule)
    elif read(rule.tensor).quantity == "B":
        yield from _bias_gradients(rule)
    else:
        yield from _gradients_below(rule, network)


def _sums(rule: Rule) -> VariantParts:
    """Yield the variants of Z."""
    (source, W, *bias), compute = rule.inputs, rule.compute
    if bias:
        yield "bias dropped", (source, W), lambda A, W: A @ W
        yield "bias subtracted", rule.inputs, lambda A, W, B: A @ W - B
    yield "one input dropped", rule.inputs, lambda A, W, *B: compute(A, _without_strongest(A, W), *B)
    yield "weights transposed", rule.inputs, lambda A, W, *B: compute(A, W.T, *B)
    yield "stale weights", (source, previous(W), *bias), compute
    yield "stale inputs", (previous(source), W, *bias), compute
    yield from products(rule.inputs, compute)


def _without_strongest(A: Any, W: Any) -> Any:
    """Return W with one row set to 0: that of the input with the largest sum of magnitudes over the batch."""
    value = A.value if isinstance(A, Ball) else A
    keep = np.ones((W.shape[0], 1), dtype=bool)
    keep[int(np.argmax(np.abs(value).sum(axis=0)))] = False
    return W * keep


def _gradients_below(rule: Rule, network: Network) -> VariantParts:
    """Yield the variants of the gradient of the layer's input."""
    inputs, (dZ, W), compute = rule.inputs, rule.inputs, rule.compute
    yield "stale weights", (dZ, previous(W)), compute
    yield "weights not transposed", inputs, lambda dZ, W: dZ @ W
    yield "(22c) as printed, one output", inputs, _one_output
    if rule.layer == network.depth - 2:
        L = network.depth
        through = (gradient(of_layer("Z", L)), W, of_layer("W", L), of_layer("Z", L - 1))
        yield "(22e) as printed, one output", through, _one_output_below
    yield from products(inputs, compute)


def _weight_gradients(rule: Rule) -> VariantParts:
    """Yield the variants of dW."""
    inputs, compute = rule.inputs, rule.compute
    yield "(18a) as printed, ∂z/∂w", inputs, lambda A, dZ: A.T @ (dZ * 0.0 + 1.0 / dZ.shape[0])
    yield "one example of the batch lost", inputs, lambda A, dZ: backprop.weight_gradient(A[:-1], dZ[:-1])
    yield "mean for sum", inputs, lambda A, dZ: compute(A, dZ) * (1 / dZ.shape[0])
    yield "gradient of the step before", (previous(rule.tensor),), lambda g: g * 1.0
    yield "gradient clipped", inputs, lambda A, dZ: _clipped(compute(A, dZ))
    weights_too = (*inputs, read(rule.tensor).base)
    yield "weight decay in the gradient (1e-4)", weights_too, lambda A, dZ, W: compute(A, dZ) + W * 1e-4
    yield from products(inputs, compute)


def _bias_gradients(rule: Rule) -> VariantParts:
    """Yield the variants of dB."""
    inputs, compute = rule.inputs, rule.compute
    yield "one example of the batch lost", inputs, lambda dZ: backprop.bias_gradient(dZ[:-1])
    yield "mean for sum", inputs, lambda dZ: compute(dZ) * (1 / dZ.shape[0])
    yield "gradient of the step before", (previous(rule.tensor),), lambda g: g * 1.0


def _one_output(dZ: Any, W: Any) -> Any:
    """w_{j,j} (a_j - y_j) in place of the sum over outputs; 0 where there is no w_{j,j}."""
    n, k = W.shape
    value = W.value if isinstance(W, Ball) else W
    row = np.zeros((1, n), dtype=value.dtype)
    row[0, : min(n, k)] = np.diagonal(value)
    return (dZ @ np.eye(k, n, dtype=value.dtype)) * row


def _one_output_below(dZ: Any, W: Any, W_next: Any, Z: Any) -> Any:
    """Σ_k w_{j,k} f'(z_k) w_{k,j} (a_j - y_j); 0 where there is no output j."""
    n, outputs = W.shape[0], W_next.shape[1]
    mask = (Z > 0) * np.ones(1, dtype=np.float32)
    products_of_j = mask @ (W.T[:, :outputs] * W_next) * dZ
    return products_of_j @ np.eye(outputs, n, dtype=np.float32)


def _clipped(g: Any) -> Any:
    """Return the gradient with each element cut off at half of the largest magnitude."""
    value = g.value if isinstance(g, Ball) else g
    limit = float(np.abs(value).max()) / 2
    return -np.maximum(-np.maximum(g, -limit), -limit)
