"""Variants of a Dense layer's sums, and of the gradients computed from them."""

from typing import Any

import numpy as np

from reference import backprop
from reference.rule import Rule
from reference.tensor_names import gradient, of_layer, previous, read
from verify.bounds import Ball
from verify.compare.variants.shared import VariantParts, short_products, unchanged
from verify.records.trace import Array


def variants(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of one rule of a Dense layer, the simplest first."""
    if rule.phase == "forward":
        yield from _sums(rule)
    elif read(rule.tensor).quantity == "W":
        yield from _weight_gradients(rule)
    elif read(rule.tensor).quantity == "B":
        yield from _bias_gradients(rule)
    else:
        yield from _gradients_below(rule, depth)


def _sums(rule: Rule) -> VariantParts:
    """Yield the variants of Z."""
    (source, W, *bias), compute = rule.inputs, rule.compute
    if bias:
        yield "bias dropped", lambda A, W: A @ W, (source, W)
        yield "bias subtracted", lambda A, W, B: A @ W - B
    yield "one input dropped", lambda A, W, *B: compute(A, _without_strongest(A, W), *B)
    yield "weights transposed", lambda A, W, *B: compute(A, W.T, *B)
    yield "stale weights", compute, (source, previous(W), *bias)
    yield "stale inputs", compute, (previous(source), W, *bias)
    yield from short_products(rule)


def _numbers(x: Any) -> Array:
    """Return the numbers of an array, or the values of a ball."""
    numbers: Array = x.value if isinstance(x, Ball) else x
    return numbers


def _without_strongest(A: Any, W: Any) -> Any:
    """Return W with one row set to 0: that of the input with the largest sum of magnitudes over the batch."""
    strongest = np.argmax(np.abs(_numbers(A)).sum(axis=0))
    return W * (np.arange(len(_numbers(W))) != strongest)[:, None]


def _gradients_below(rule: Rule, depth: int) -> VariantParts:
    """Yield the variants of the gradient of the layer's input."""
    dZ, W = rule.inputs
    yield "stale weights", rule.compute, (dZ, previous(W))
    yield "weights not transposed", lambda dZ, W: dZ @ W
    yield "(22c) as printed, one output", _one_output
    if rule.layer == depth - 2:
        through = (gradient(of_layer("Z", depth)), W, of_layer("W", depth), of_layer("Z", depth - 1))
        yield "(22e) as printed, one output", _one_output_below, through
    yield from short_products(rule)


def _weight_gradients(rule: Rule) -> VariantParts:
    """Yield the variants of dW."""
    compute = rule.compute
    yield "(18a) as printed, ∂z/∂w", lambda A, dZ: A.T @ (dZ * 0.0 + 1.0 / dZ.shape[0])
    yield "one example of the batch lost", lambda A, dZ: backprop.weight_gradient(A[:-1], dZ[:-1])
    yield "mean for sum", lambda A, dZ: compute(A, dZ) * (1 / dZ.shape[0])
    yield "gradient of the step before", unchanged, (previous(rule.tensor),)
    yield "gradient clipped", lambda A, dZ: _clipped(compute(A, dZ))
    W = read(rule.tensor).base
    yield "weight decay in the gradient (1e-4)", lambda A, dZ, W: compute(A, dZ) + W * 1e-4, (*rule.inputs, W)
    yield from short_products(rule)


def _bias_gradients(rule: Rule) -> VariantParts:
    """Yield the variants of dB."""
    compute = rule.compute
    yield "one example of the batch lost", lambda dZ: backprop.bias_gradient(dZ[:-1])
    yield "mean for sum", lambda dZ: compute(dZ) * (1 / dZ.shape[0])
    yield "gradient of the step before", unchanged, (previous(rule.tensor),)


def _one_output(dZ: Any, W: Any) -> Any:
    """w_{j,j} (a_j - y_j) in place of the sum over outputs; 0 where there is no w_{j,j}."""
    n, k = W.shape
    weights = _numbers(W)
    row = np.zeros((1, n), dtype=weights.dtype)
    row[0, : min(n, k)] = np.diagonal(weights)
    return (dZ @ np.eye(k, n, dtype=weights.dtype)) * row


def _one_output_below(dZ: Any, W: Any, W_next: Any, Z: Any) -> Any:
    """Σ_k w_{j,k} f'(z_k) w_{k,j} (a_j - y_j); 0 where there is no output j."""
    n, outputs = W.shape[0], W_next.shape[1]
    mask = (Z > 0) * np.ones(1, dtype=np.float32)
    products_of_j = mask @ (W.T[:, :outputs] * W_next) * dZ
    return products_of_j @ np.eye(outputs, n, dtype=np.float32)


def _clipped(g: Any) -> Any:
    """Return the gradient with each element cut off at half of the largest magnitude."""
    limit = float(np.abs(_numbers(g)).max()) / 2
    return -np.maximum(-np.maximum(g, -limit), -limit)
