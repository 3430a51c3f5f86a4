"""What could be computed in place of an equation: known slips, other conventions, other arithmetic.

A variant is a rule for the same tensor. Put in the place of the truth it is a fault, and the comparison must
notice; tried when a tensor disagrees, it can say which equation TensorFlow used instead. Simplest first.

Beside a rule's own inputs a variant may read other tensors of the step, and "W1~": W1 of the step before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from reference import activations, backprop, descent, loss
from reference.adam import ALGORITHM_1, KERAS, Adam
from reference.network import Network
from reference.rules import CARRIED, Optimizer, Rule
from reference.variants import AdamForm, adam_changes
from verify.ball import Ball

SIZES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
FORMATS = {"float16": 11, "bfloat16": 8, "TF32": 11}  # bits of the significand, the leading one included
# what a variant raises where it cannot be computed: shapes that do not fit, a batch of one, no such ball operation
IMPOSSIBLE = (ValueError, IndexError, ZeroDivisionError, NotImplementedError, np.exceptions.AxisError)


@dataclass(frozen=True)
class Variant:
    """`rule` computes the same tensor otherwise. Variants of one name in several rules are one and the same slip."""

    name: str
    group: str
    rule: Rule


def variants(rule: Rule, network: Network, optimizer: Optimizer, cost: str) -> Iterator[Variant]:
    """Those of one rule, the simplest first."""
    for name, inputs, compute in _of(rule, network, optimizer, cost):
        yield Variant(name, GROUPS[_kind(rule)], replace(rule, inputs=inputs, compute=compute))


Found = Iterator[tuple[str, tuple[str, ...], Callable[..., Any]]]
GROUPS = {
    "Z": "forward", "A": "forward", "C": "loss", "dZL": "loss", "dA": "backward", "dZ": "backward", "dW": "backward",
    "dB": "backward", "m": "Adam", "v": "Adam", "update": "Adam", "new": "Adam", "start": "Adam",
    "S": "forward", "D": "forward", "dD": "backward", "clipped": "Adam", "decayed": "Adam", "vmax": "Adam",
    "alpha": "Adam",
}  # fmt: skip


def _kind(rule: Rule) -> str:
    """What a rule computes, by the name of its tensor."""
    name = rule.tensor
    if rule.phase == "start":
        return "start"
    if name.endswith("_new"):
        return "new"
    if name.startswith("d") and rule.inputs[-1] == "y":
        return "dZL"
    for prefix in ("update", "vmax", "m_", "v_", "clipped", "dW", "dB", "dA", "dD", "dZ"):
        if name.startswith(prefix):
            return prefix.removesuffix("_")
    return "decayed" if name.endswith("_decayed") else name.partition("_")[0].rstrip("0123456789")


def _of(rule: Rule, network: Network, optimizer: Optimizer, cost: str) -> Found:
    kind = _kind(rule)
    if kind == "Z":
        yield from _sums(rule)
    elif kind == "A":
        yield from _activations(rule, network)
    elif kind in ("C", "dZL"):
        yield from _losses(rule, kind, cost)
    elif kind in ("dA", "dZ", "dW", "dB"):
        yield from _gradients(rule, kind, network)
    elif kind in ("m", "v") and isinstance(optimizer, Adam):
        yield from _moments(rule, kind, optimizer)
    elif kind == "update":
        yield from _updates(rule, optimizer)
    elif kind == "new":
        yield from _new(rule, optimizer)
    elif rule.equation == CARRIED and rule.tensor.endswith("_before"):
        yield "the moments begin anew", rule.inputs, lambda x: x * 0.0


def rounded(x: Any, form: str) -> Any:
    """To a shorter format, as the inputs of a product on other hardware; of a ball, the number itself."""
    value = x.value if isinstance(x, Ball) else x
    fraction, exponent = np.frexp(value)
    steps = 2.0 ** FORMATS[form]
    short = np.ldexp(np.rint(fraction.astype(np.float64) * steps) / steps, exponent)
    if form == "float16":
        short = np.clip(short, -65504, 65504)
    return Ball.exact(short, x.precision) if isinstance(x, Ball) else short.astype(x.dtype)


def _products(inputs: tuple[str, ...], compute: Callable[..., Any], count: int = 2) -> Found:
    """The first `count` inputs in a shorter format."""
    for form in ("bfloat16", "TF32", "float16"):

        def short(*read: Any, form: str = form) -> Any:
            return compute(*(rounded(x, form) if i < count else x for i, x in enumerate(read)))

        yield f"products in {form}", inputs, short


def _sums(rule: Rule) -> Found:
    source, W, *rest = rule.inputs
    if rest:
        yield "bias dropped", (source, W), lambda A, W: A @ W
        yield "bias subtracted", rule.inputs, lambda A, W, B: A @ W - B
    compute = rule.compute
    yield "one input dropped", rule.inputs, lambda A, W, *B: compute(A, _without_strongest(A, W), *B)
    yield "weights transposed", rule.inputs, lambda A, W, *B: compute(A, W.T, *B)
    yield "stale weights", (source, f"{W}~", *rest), rule.compute
    yield "stale inputs", (f"{source}~", W, *rest), rule.compute
    yield from _products(rule.inputs, rule.compute)


def _without_strongest(A: Any, W: Any) -> Any:
    """W with the row of the input that is largest over the batch set to 0."""
    value = A.value if isinstance(A, Ball) else A
    keep = np.ones((W.shape[0], 1), dtype=bool)
    keep[int(np.argmax(np.abs(value).sum(axis=0)))] = False
    return W * keep


def _activations(rule: Rule, network: Network) -> Found:
    (Z,) = rule.inputs
    if network.activations[rule.layer - 1] == "softmax":
        yield "softmax over the batch", (Z,), lambda Z: activations.softmax(Z.T).T
        yield "softmax with temperature 2", (Z,), lambda Z: activations.softmax(Z * 0.5)
        yield "softmax of ReLU", (Z,), lambda Z: activations.softmax(np.maximum(Z, 0))
        yield "sigmoid in place of softmax", (Z,), activations.sigmoid
        yield "softmax not shifted by its largest", (Z,), _unshifted
    else:
        yield "activation left out", (Z,), lambda Z: Z * 1.0
        yield "ReLU leaks (0.01)", (Z,), lambda Z: np.maximum(Z, Z * 0.01)
        yield "ReLU cut off at 6", (Z,), lambda Z: -np.maximum(-np.maximum(Z, 0), -6.0)
        yield "sigmoid in place of ReLU", (Z,), activations.sigmoid


def _unshifted(Z: Any) -> Any:
    E = np.exp(Z)
    return E * np.reciprocal(np.sum(E, axis=1, keepdims=True))


def _losses(rule: Rule, kind: str, cost: str) -> Found:
    source, y = rule.inputs
    compute = rule.compute
    yield "sum for mean", rule.inputs, lambda Z, y: compute(Z, y) * float(Z.shape[0])
    yield "mean over N - 1", rule.inputs, lambda Z, y: compute(Z, y) * _one_less(Z.shape[0])
    for size in SIZES:
        smooth = partial(_smoothed, compute, size=size)
        yield f"label smoothing {size:g}", rule.inputs, smooth
    yield "the next digit's label", rule.inputs, lambda Z, y: compute(Z, y @ np.roll(np.eye(y.shape[1]), 1, axis=1))
    if kind == "C":
        yield "logarithm to base 2", rule.inputs, lambda Z, y: compute(Z, y) * (1 / np.log(2.0))
        yield "one example of the batch lost", rule.inputs, lambda Z, y: compute(Z[:-1], y[:-1])
        if cost == "categorical_crossentropy":
            yield "(14) as printed, one example", rule.inputs, lambda Z, y: compute(Z[:1], y[:1]) * (1 / Z.shape[0])
            yield "probabilities clipped at 1e-7", rule.inputs, _clipped_cost
    else:
        yield "sign of the gradient", rule.inputs, lambda Z, y: -compute(Z, y)
        if cost == "categorical_crossentropy":
            yield "(20a) as printed, softmax elementwise", rule.inputs, _elementwise
            yield "through the softmax twice", rule.inputs, _twice
            yield "label forgotten", rule.inputs, lambda Z, y: activations.softmax(Z) * (1 / Z.shape[0])


def _one_less(n: int) -> float:
    return n / (n - 1) if n > 1 else float("inf")


def _smoothed(compute: Callable[..., Any], Z: Any, y: Any, size: float) -> Any:
    return compute(Z, y * (1 - size) + size / y.shape[1])


def _clipped_cost(Z: Any, y: Any) -> Any:
    A = np.maximum(activations.softmax(Z), 1e-7)
    A = -np.maximum(-A, -(1 - 1e-7))
    return loss.batch_mean(loss.crossentropy(A, y))


def _elementwise(Z: Any, y: Any) -> Any:
    """a(1 - a) · (-y/a) = -y (1 - a)."""
    return y * (activations.softmax(Z) - 1) * (1 / Z.shape[0])


def _twice(Z: Any, y: Any) -> Any:
    A = activations.softmax(Z)
    return activations.softmax_backward(A, A - y) * (1 / Z.shape[0])


def _gradients(rule: Rule, kind: str, network: Network) -> Found:
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
        yield from _products(inputs, compute)
    elif kind == "dZ":
        dA, Z = inputs
        yield "mask missing", inputs, lambda dA, Z: dA * 1.0
        yield "(18b) as printed, mask Z ≥ 0", inputs, lambda dA, Z: dA * ~(-Z > 0)
        yield "mask inverted", inputs, lambda dA, Z: dA * ~(Z > 0)
        yield "mask of the wrong example", inputs, lambda dA, Z: dA * np.roll(Z > 0, 1, axis=0)
        yield "mask of the step before", (dA, f"{Z}~"), compute
        yield "slope of leaky ReLU (0.01)", inputs, lambda dA, Z: dA * (Z > 0) + dA * ~(Z > 0) * 0.01
    elif kind == "dW":
        source, dZ = inputs
        yield "(18a) as printed, ∂z/∂w", inputs, lambda A, dZ: A.T @ (dZ * 0.0 + 1.0 / dZ.shape[0])
        yield "one example of the batch lost", inputs, lambda A, dZ: backprop.weight_gradient(A[:-1], dZ[:-1])
        yield "mean for sum", inputs, lambda A, dZ: compute(A, dZ) * (1 / dZ.shape[0])
        yield "gradient of the step before", (f"{rule.tensor}~",), lambda g: g * 1.0
        yield "gradient clipped", inputs, lambda A, dZ: _clipped(compute(A, dZ))
        weights_too = (*inputs, f"W{rule.layer}")
        yield "weight decay in the gradient (1e-4)", weights_too, lambda A, dZ, W: compute(A, dZ) + W * 1e-4
        yield from _products(inputs, compute)
    else:
        yield "one example of the batch lost", inputs, lambda dZ: backprop.bias_gradient(dZ[:-1])
        yield "mean for sum", inputs, lambda dZ: compute(dZ) * (1 / dZ.shape[0])
        yield "gradient of the step before", (f"{rule.tensor}~",), lambda g: g * 1.0


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


def _moments(rule: Rule, kind: str, optimizer: Optimizer) -> Found:
    assert isinstance(optimizer, Adam)
    before, g = rule.inputs
    beta, other = (optimizer.beta_1, optimizer.beta_2) if kind == "m" else (optimizer.beta_2, optimizer.beta_1)
    sign = "β1" if kind == "m" else "β2"

    def square(g: Any) -> Any:
        return g if kind == "m" else g * g

    def moment(x: Any, g: Any, keep: float, take: float) -> Any:
        return x + (square(g) - x) * take if keep == 1 - take else x * keep + square(g) * take

    yield "β1 and β2 exchanged", rule.inputs, lambda x, g: moment(x, g, other, 1 - other)
    for size in SIZES:
        off = beta * (1 - size)
        yield f"{sign} × (1 - {size:g})", rule.inputs, partial(moment, keep=off, take=1 - off)
    yield f"{kind} without (1 - {sign})", rule.inputs, lambda x, g: x * beta + square(g)
    yield f"{kind} without what was before", rule.inputs, lambda x, g: square(g) * (1 - beta)
    yield f"{kind} not decayed", rule.inputs, lambda x, g: x + square(g) * (1 - beta)
    yield f"{kind} not brought up to date", (before,), lambda x: x * 1.0
    yield "gradient of the step before in the moments", (before, f"{g}~"), rule.compute
    if kind == "v":
        yield "v of |g| in place of g²", rule.inputs, lambda x, g: x * beta + np.maximum(g, -g) * (1 - beta)
        yield "AMSGrad", rule.inputs, lambda x, g: np.maximum(x, rule.compute(x, g))


def _updates(rule: Rule, optimizer: Optimizer) -> Found:
    inputs = rule.inputs
    P = rule.tensor.removeprefix("update_")
    if isinstance(optimizer, Adam):  # its first input is m, its second v, or the largest v
        form, epsilon = ("hat", optimizer.epsilon) if optimizer.epsilon_hat else ("root", optimizer.epsilon)
        other = ALGORITHM_1 if optimizer.epsilon_hat else KERAS
        own: dict[str, Any] = {"epsilon_at": form}
        for name, change in adam_changes().items():
            if name:
                yield name, inputs, partial(AdamForm(**{**own, **change}), epsilon=epsilon)
        yield "t - 1 in the bias correction", inputs, partial(AdamForm(**own, ahead_m=-1, ahead_v=-1), epsilon=epsilon)
        name = "Algorithm 1's ε = 1e-8 beside √v̂" if optimizer.epsilon_hat else "Keras's ε̂ = 1e-7 beside √v"
        there = AdamForm("root" if optimizer.epsilon_hat else "hat")
        yield name, inputs, partial(there, epsilon=other.epsilon)
        for size in (1e-8, 1e-6, 1e-5):
            if size != epsilon:
                yield f"ε = {size:g}", inputs, partial(AdamForm(**own), epsilon=size)
        yield "Nesterov", (f"d{P}", *inputs), partial(_nesterov, form=AdamForm(**own), epsilon=epsilon)
        yield "AdamW's decay (0.004)", (*inputs, P), partial(_decayed, compute=rule.compute)
        yield "no second moment", inputs, lambda m, v, t, a, b, c: m * a
    yield "the gradient itself", (f"d{P}",), lambda g: g * 1.0
    for size in SIZES:
        for sign in (1, -1):
            factor = 1 + sign * size
            yield f"α × {factor:.10g}", inputs, partial(_scaled, rule.compute, factor)
    yield "update of the step before", (f"{rule.tensor}~",), lambda u: u * 1.0
    if isinstance(optimizer, Adam):
        yield from _pairs(inputs, own, epsilon)


def _pairs(inputs: tuple[str, ...], own: Mapping[str, Any], epsilon: float) -> Found:
    """Two changes of Adam's form at once, where they do not touch the same thing."""
    changes = [(name, change) for name, change in adam_changes().items() if name]
    for i, (first, a) in enumerate(changes):
        for second, b in changes[i + 1 :]:
            if not a.keys() & b.keys():
                yield f"{first} and {second}", inputs, partial(AdamForm(**{**own, **a, **b}), epsilon=epsilon)


def _scaled(compute: Callable[..., Any], factor: float, *read: Any) -> Any:
    return compute(*read) * factor


def _nesterov(
    g: Any, m: Any, v: Any, t: Any, alpha: Any, beta_1: Any, beta_2: Any, form: AdamForm, epsilon: float
) -> Any:
    return form(m * beta_1 + g * (1 - beta_1), v, t, alpha, beta_1, beta_2, epsilon)


def _decayed(m: Any, v: Any, t: Any, alpha: Any, b: Any, c: Any, P: Any, compute: Callable[..., Any]) -> Any:
    return compute(m, v, t, alpha, b, c) + P * (alpha * 0.004)


def _new(rule: Rule, optimizer: Optimizer) -> Found:
    P, update = rule.inputs
    yield "sign of the update", rule.inputs, lambda P, u: P + u
    yield "update skipped", (P,), lambda P: P * 1.0
    yield "update applied twice", rule.inputs, lambda P, u: P - u * 2
    yield "update of stale weights", (f"{P}~", update), descent.descend
    yield "weight decay (1e-4)", rule.inputs, lambda P, u: P * (1 - 1e-4) - u
