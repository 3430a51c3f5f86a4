"""Variants that all layers with a sliding kernel share: convolutions, depthwise and transposed convolutions.

`axes` are the first axes of a kernel, along which it slides. `words` say what stands along the two axes behind them.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from math import prod
from typing import Any

import numpy as np

from reference.backprop import bias_gradient
from reference.rule import Rule
from reference.sliding import Sliding
from reference.tensor_names import previous, read
from verify.compare.variants.shared import VariantParts, options, short_products, unchanged

Function = Callable[..., Any]
OTHER_SIDE = "padding on the other side"


Words = tuple[str, str]


def variants(rule: Rule, words: Words = ("channel", "filter")) -> VariantParts:
    """Yield the variants of one rule of a layer with a sliding kernel, the simplest first."""
    if rule.phase == "forward":
        yield from _forward(rule, words)
    elif read(rule.tensor).quantity == "W":
        yield from _weight_gradients(rule, words)
    elif read(rule.tensor).quantity == "B":
        yield from _bias_gradients(rule)
    else:
        yield from _gradients_below(rule, words)


def slides(rule: Rule) -> Iterator[tuple[str, Sliding]]:
    """Yield other ways in which the rule's kernel may slide over arrays of the same sizes, each with its name."""
    own: Sliding = options(rule.compute)["sliding"]
    once = (1,) * len(own.kernel)
    others = {
        OTHER_SIDE: replace(own, before=own.behind),
        "no padding before the start": replace(own, before=(0,) * len(once)),
        "window moved by one": replace(own, before=tuple(n + 1 for n in own.before)),
        "window moved back by one": replace(own, before=tuple(n - 1 for n in own.before)),
        "stride ignored": replace(own, strides=once),
        "dilation ignored": replace(own, dilation=once),
    }
    if len(once) > 1:
        others["strides of the axes exchanged"] = replace(own, strides=own.strides[::-1])
        others["dilations of the axes exchanged"] = replace(own, dilation=own.dilation[::-1])
    first = {other: name for name, other in reversed(others.items())}  # each way to slide under its first name
    yield from ((name, other) for other, name in reversed(first.items()) if other != own)


def _slid(rule: Rule) -> VariantParts:
    """Yield the variants in which the kernel slides in another way."""
    for name, other in slides(rule):
        yield name, partial(rule.compute, sliding=other)


def flipped(W: Any, axes: int) -> Any:
    """Return the kernel flipped along each axis that it slides along."""
    return W[(slice(None, None, -1),) * axes]


def exchanged(W: Any) -> Any:
    """Return the kernel with its rows and columns exchanged."""
    return W.transpose(1, 0, *range(2, W.ndim))


def backwards(x: Any, axis: int) -> Any:
    """Return a tensor with the numbers along one of its last two axes in the opposite order.

    Raises ValueError if there is one number only.
    """
    if x.shape[axis] == 1:
        raise ValueError("one number has no other order")
    return x[..., ::-1] if axis == -1 else x[..., ::-1, :]


def without(x: Any, axis: int) -> Any:
    """Return a tensor in which the first of the numbers along an axis is 0."""
    shape = [1] * x.ndim
    shape[axis] = x.shape[axis]
    return x * (np.arange(x.shape[axis]) > 0).reshape(shape)


def without_first_offset(W: Any, axes: int) -> Any:
    """Return the kernel with a 0 at its first offset."""
    return W * (np.arange(prod(W.shape[:axes])) > 0).reshape(*W.shape[:axes], *[1] * (W.ndim - axes))


def _kernels(rule: Rule, words: Words) -> Iterator[tuple[str, Function]]:
    """Yield other kernels of the same shape, each with its name."""
    own: Sliding = options(rule.compute)["sliding"]
    axes = len(own.kernel)
    if prod(own.kernel) > 1:
        yield "kernel flipped", partial(flipped, axes=axes)
    if axes > 1 and own.kernel[0] == own.kernel[1] > 1:
        yield "rows and columns of the kernel exchanged", exchanged
    yield "one offset of the kernel lost", partial(without_first_offset, axes=axes)
    first, second = words
    yield f"{first}s of the kernel in another order", partial(backwards, axis=-2)
    yield f"{second}s of the kernel in another order", partial(backwards, axis=-1)
    yield f"one {first} of the kernel lost", partial(without, axis=-2)
    yield f"one {second} of the kernel lost", partial(without, axis=-1)


def _forward(rule: Rule, words: Words) -> VariantParts:
    """Yield the variants of Z."""
    (source, W, *bias), compute = rule.inputs, rule.compute
    if bias:
        yield "bias dropped", lambda X, W: compute(X, W), (source, W)
        yield "bias subtracted", lambda X, W, B: compute(X, W, B * -1.0)
    yield from _slid(rule)
    for name, other in _kernels(rule, words):
        yield name, lambda X, W, *B, other=other: compute(X, other(W), *B)
    yield "stale weights", compute, (source, previous(W), *bias)
    yield "stale inputs", compute, (previous(source), W, *bias)
    yield from short_products(rule)


def _gradients_below(rule: Rule, words: Words) -> VariantParts:
    """Yield the variants of the gradient of what the layer reads."""
    (dZ, W), compute = rule.inputs, rule.compute
    yield "stale weights", compute, (dZ, previous(W))
    for name, other in _kernels(rule, words):
        yield name, lambda dZ, W, other=other: compute(dZ, other(W))
    yield "one position's gradient lost", lambda dZ, W: compute(without(dZ, 1), W)
    yield from _slid(rule)
    yield from short_products(rule)


def _weight_gradients(rule: Rule, words: Words) -> VariantParts:
    """Yield the variants of dW."""
    compute, own = rule.compute, options(rule.compute)["sliding"]
    axes = len(own.kernel)
    yield "mean over the batch for the sum", lambda X, dZ: compute(X, dZ) * (1 / dZ.shape[0])
    if prod(own.outputs) > 1:
        yield "mean over the positions for the sum", lambda X, dZ: compute(X, dZ) * (1 / prod(own.outputs))
    yield "one example of the batch lost", lambda X, dZ: compute(X[:-1], dZ[:-1])
    for name, other in _kernels(rule, words):
        yield name.replace("kernel", "gradient"), lambda X, dZ, other=other: other(compute(X, dZ))
    yield "one position's gradient lost", lambda X, dZ: compute(X, without(dZ, 1))
    if prod(own.kernel) > 1:
        yield "gradient of the first offset everywhere", lambda X, dZ: _first_everywhere(compute(X, dZ), axes)
    yield from _slid(rule)
    yield "gradient of the step before", unchanged, (previous(rule.tensor),)
    W = read(rule.tensor).base
    yield "weight decay in the gradient (1e-4)", lambda X, dZ, W: compute(X, dZ) + W * 1e-4, (*rule.inputs, W)
    yield from short_products(rule)


def _first_everywhere(dW: Any, axes: int) -> Any:
    """Return a gradient in which every offset has the numbers of the first one."""
    return dW[(slice(0, 1),) * axes] + dW * 0.0


def _bias_gradients(rule: Rule) -> VariantParts:
    """Yield the variants of dB."""
    yield "mean over the batch for the sum", lambda dZ: bias_gradient(dZ) * (1 / dZ.shape[0])
    yield "mean over the positions for the sum", lambda dZ: bias_gradient(dZ) * (1 / prod(dZ.shape[1:-1]))
    yield "one position only", lambda dZ: bias_gradient(dZ.reshape(len(dZ), -1, dZ.shape[-1])[:, 0])
    yield "one example of the batch lost", lambda dZ: bias_gradient(dZ[:-1])
    yield "biases in another order", lambda dZ: backwards(bias_gradient(dZ), -1)
    yield "gradient of the step before", unchanged, (previous(rule.tensor),)
