"""Helpers of the witnesses of layers with a sliding kernel: loops over single numbers, written from the definitions."""

from contextlib import suppress
from itertools import product

import numpy as np

from reference.layers.layer import Place, Source
from reference.rule import Rule
from tests.support.layer_witness import apart
from tests.support.witness import complex_step, differences
from verify.compare.variants import IMPOSSIBLE
from verify.compare.variants.sliding import variants

N = 3  # examples


def rules_of(layer, shape):
    """The rules of a layer that reads examples of this shape, by what they give: Z, dW, dB, dX."""
    place = Place(1, 2, (Source("A", 0, shape),), "Z1", layer.shape(shape), owner=1)
    found = [*layer.forward(place), *layer.backward(place)]
    return {{"Z1": "Z", "dW1": "dW", "dB1": "dB", "dA": "dX"}[rule.tensor]: rule for rule in found}


def numbers_of(layer, shape):
    """Random X, W, B and gradients of Z: 64ths from -4 to 4, whose sums of products are exact."""
    rng = np.random.default_rng(11)
    place = Place(1, 2, (Source("A", 0, shape),), "Z1", layer.shape(shape), owner=1)
    shapes = layer.parameters(place)
    wanted = ((N, *shape), shapes["W1"], shapes.get("B1", ()), (N, *layer.shape(shape)))
    X, W, B, dZ = (rng.integers(-256, 257, size=size) / 64 for size in wanted)
    return X, W, B if layer.bias else None, dZ


def positions_before(size, kernel, stride, dilation, padding):
    """The number of outputs along an axis, and of zeros before the first number, by TensorFlow's documentation."""
    length = (kernel - 1) * dilation + 1
    if padding == "valid":
        return len(range(0, size - length + 1, stride)), 0
    outputs = int(np.ceil(size / stride))
    if padding == "causal":
        return outputs, length - 1
    zeros = max((outputs - 1) * stride + length - size, 0)
    return outputs, zeros // 2


def meetings(layer, sizes):
    """Yield each output position, offset and input position that meet when a convolution reads these sizes."""
    axes = [
        positions_before(*axis, layer.padding)
        for axis in zip(sizes, layer.kernel, layer.steps, layer.spacing, strict=True)
    ]
    for o in product(*(range(outputs) for outputs, _ in axes)):
        for k in product(*map(range, layer.kernel)):
            met = zip(o, k, layer.steps, layer.spacing, axes, strict=True)
            i = tuple(p * s + q * d - before for p, q, s, d, (_, before) in met)
            if all(0 <= n < size for n, size in zip(i, sizes, strict=True)):
                yield o, k, i


def same_as_the_loop(layer, shape, loop):
    """Check the rule of Z against a loop: all bits agree; those of the variants do not."""
    X, W, B, _ = numbers_of(layer, shape)
    rule = rules_of(layer, shape)["Z"]
    inputs = [X, W] if B is None else [X, W, B]
    expected = loop(layer, X, W) + (0 if B is None else B)
    assert np.array_equal(rule.compute(*inputs), expected)
    wrong = dict(altered(rule, dict(zip(rule.inputs, inputs, strict=True))))
    assert len(wrong) > 6
    for name, other in wrong.items():
        assert other.shape != expected.shape or not np.array_equal(other, expected), name


def gradients_are_slopes(layer, shape):
    """Check dX, dW and dB against the complex step; the variants have other slopes."""
    X, W, B, G = numbers_of(layer, shape)
    rules = rules_of(layer, shape)
    Z = rules["Z"].compute
    biases = [] if B is None else [B]
    costs = {
        "dX": (lambda x: np.sum(G * Z(x, W, *biases)), X, (G, W)),
        "dW": (lambda w: np.sum(G * Z(X, w, *biases)), W, (X, G)),
        "dB": (lambda b: np.sum(G * Z(X, W, b)), B, (G,)),
    }
    for name in rules.keys() - {"Z"}:
        cost, at, inputs = costs[name]
        slopes = differences(complex_step, cost, at)
        found = rules[name].compute(*inputs)
        # the complex step has no error of its own; sums of some hundred products differ in a few units of 2^-53
        assert found.shape == slopes.shape and apart(found, slopes) < 1e-13, name
        wrong = dict(altered(rules[name], dict(zip(rules[name].inputs, inputs, strict=True))))
        assert len(wrong) > 3
        for other, value in wrong.items():
            assert value.shape != slopes.shape or apart(value, slopes) > 1e-3, (name, other)


def altered(rule: Rule, known):
    """Yield the name and the result of each variant that reads what the rule reads and does not only round."""
    for name, compute, *inputs in variants(rule):
        reads = inputs[0] if inputs else rule.inputs
        if "products in" not in name and set(reads) <= set(known):
            with suppress(IMPOSSIBLE):
                yield name, compute(*(known[read] for read in reads))
