"""Variants of the rules that all optimizers share: clipping, weight decay, the new parameters."""

from functools import partial
from typing import Any

import numpy as np

from reference import clipping, descent
from reference import tensor_names as names
from reference.network import Network
from reference.optimizers.optimizer import Optimizer
from reference.rule import Rule
from verify.compare.variants.shared import SIZES, VariantParts, options, scaled, unchanged

AFTER = "decay after the update"
COUPLED = "decay in the gradient (L2), not decoupled"


def of_unclipped_gradient(rule: Rule, g: str) -> VariantParts:
    """Yield the variant that reads the gradient before clipping, if the rule reads a clipped gradient."""
    if names.read(g).role == names.CLIPPED:
        inputs = tuple(names.gradient(names.read(g).base) if name == g else name for name in rule.inputs)
        yield "the gradient before it was clipped", rule.compute, inputs


def of_coupled_decay(rule: Rule, g: str, P: str, decay: float) -> VariantParts:
    """Yield the variant that adds the decay to the gradient, as L2 regularization does."""
    position = rule.inputs.index(g)

    def with_decay(*operands: Any) -> Any:
        *inputs, weights = operands
        inputs[position] = inputs[position] + weights * decay
        return rule.compute(*inputs)

    yield COUPLED, with_decay, (*rule.inputs, P)


def of_any_update(rule: Rule) -> VariantParts:
    """Yield the variants of the update that any optimizer subtracts."""
    yield "the gradient itself", unchanged, (names.gradient(names.read(rule.tensor).base),)
    for size in SIZES:
        for factor in (1 + size, 1 - size):
            yield f"α × {factor:.10g}", partial(scaled, rule.compute, factor)
    yield "update of the step before", unchanged, (names.previous(rule.tensor),)


def of_new_parameters(rule: Rule, optimizer: Optimizer) -> VariantParts:
    """Yield the variants of the new parameters; with a decay, also those that apply it elsewhere or not at all."""
    P, update = rule.inputs
    decay = optimizer.weight_decay
    yield "sign of the update", lambda P, u: P + u
    yield "update skipped", unchanged, (P,)
    yield "update applied twice", lambda P, u: P - u * 2
    yield "update of stale weights", descent.descend, (names.previous(P), update)
    yield "weight decay (1e-4)", lambda P, u: P * (1 - 1e-4) - u
    if P in optimizer.undecayed and decay:
        without = (P, update, "alpha")
        yield "decay of a parameter that is left out", lambda P, u, a: descent.decayed(P, a, decay) - u, without
    elif decay:
        P = names.read(P).base  # W of W_new = W_decayed - update
        yield AFTER, lambda P, u, a: descent.decayed(P - u, a, decay), (P, update, "alpha")
        yield "decay left out", descent.descend, (P, update)


def of_decay(rule: Rule, decay: float) -> VariantParts:
    """Yield the variants of the weight decay."""
    P = rule.inputs[0]
    yield "decay left out, in its place", unchanged, (P,)
    yield "decay not times the learning rate", lambda P: P - P * decay, (P,)
    yield "sign of the decay", lambda P, a: P + P * decay * a
    yield "decay toward one size", lambda P, a: P - (1.0 * (P > 0) - 1.0 * (P < 0)) * decay * a
    for size in SIZES[:3]:
        yield f"λ × {1 + size:g}", partial(descent.decayed, weight_decay=decay * (1 + size))
    yield "half the decay", partial(descent.decayed, weight_decay=decay / 2)


def of_clipping(rule: Rule, network: Network, optimizer: Optimizer) -> VariantParts:
    """Yield the variants of the clipping of gradients."""
    g, most = rule.inputs[0], options(rule.compute)["most"]
    every = tuple(optimizer.handed(P) for P in network.learned())
    yield "not clipped", unchanged, (g,)
    if optimizer.clipvalue:
        yield "clipped from above only", lambda g: np.minimum(g, most), (g,)
        yield "clipped by its norm", partial(clipping.by_norm, most=most), (g,)
    else:
        yield "clipped by value", partial(clipping.by_value, most=most), (g,)
        yield "norm without its root", lambda g: (g * most) / np.maximum(np.sum(g * g), most), (g,)
    if optimizer.clipnorm:
        yield "clipped by the norm of all", partial(clipping.by_global_norm, most=most), (g, *every)
        yield "brought to the norm, longer or shorter", lambda g: (g * most) / np.sqrt(np.sum(g * g)), (g,)
        yield "norm of each column", partial(_by_column_norms, most=most), (g,)
    if optimizer.global_clipnorm:
        yield "each clipped by its own norm", partial(clipping.by_norm, most=most), (g,)
        others = tuple(name for name in every if name != g)
        yield "norm of all without its own", partial(clipping.by_global_norm, most=most), (g, *others)
    for size in SIZES[:3]:
        yield f"clipped at {1 + size:g} of it", partial(rule.compute, most=most * (1 + size))


def _by_column_norms(g: Any, most: float) -> Any:
    """Return the gradient with each column clipped by its own norm."""
    return (g * most) / np.maximum(np.sqrt(np.sum(g * g, axis=0, keepdims=True)), most)
