"""Variants of the equations: known mistakes, other conventions, other arithmetic.

A variant is a rule that computes the same tensor in another way. It has two uses. In place of the equation it is a
fault, which the comparison must notice. When a tensor disagrees, the variants that agree with it show which equation
TensorFlow may have used. Each function yields the simplest variants first.

A variant may read tensors of the step that its rule does not read, and "W1~", which is W1 of the step before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from reference.network import Network
from reference.optimizers.optimizer import Optimizer
from reference.rules import CARRIED, Rule
from reference.tensor_names import CLIPPED, UPDATE, TensorName, read
from verify.compare.variants import layers, losses, optimizers, update
from verify.compare.variants.shared import VariantParts

# what a variant can raise if it cannot be computed: shapes do not fit, the batch is 1, or balls lack an operation
IMPOSSIBLE = (ValueError, IndexError, ZeroDivisionError, NotImplementedError, np.exceptions.AxisError)


@dataclass(frozen=True)
class Variant:
    """A rule that computes a tensor in another way than its equation.

    Variants of several rules that have one name are one mistake. `group` is the row of the kill matrix that counts it.
    """

    name: str
    group: str
    rule: Rule


def variants(rule: Rule, network: Network, optimizer: Optimizer, cost: str) -> Iterator[Variant]:
    """Yield the variants of one rule, the simplest first."""
    for name, inputs, compute in _of(rule, network, optimizer):
        yield Variant(name, _group(rule), replace(rule, inputs=inputs, compute=compute))


def _group(rule: Rule) -> str:
    """Return the row of the kill matrix that counts a rule's faults."""
    if rule.kind in losses.modules():
        return "loss"
    return "Adam" if rule.phase in ("start", "update") else rule.phase


def _of(rule: Rule, network: Network, optimizer: Optimizer) -> VariantParts:
    """Yield name, inputs and function of each variant of one rule."""
    if rule.kind in layers.modules():
        yield from layers.modules()[rule.kind].variants(rule, network)
    elif rule.kind in losses.modules():
        yield from losses.modules()[rule.kind].variants(rule)
    elif rule.phase == "update":
        yield from _of_update(rule, network, optimizer)
    elif rule.equation == CARRIED and read(rule.tensor).is_kept:
        yield "the moments begin anew", rule.inputs, lambda x: x * 0.0


def _of_update(rule: Rule, network: Network, optimizer: Optimizer) -> VariantParts:
    """Yield the variants of a rule that updates parameters or the optimizer's state."""
    name = read(rule.tensor)
    if rule.tensor == "alpha":
        yield from update.rates(rule)
    elif name.role == CLIPPED:
        yield from update.clippings(rule, network, optimizer)
    elif name.state == "decayed":
        yield from update.decays(rule, optimizer)
    elif name.state == "new":
        yield from update.news(rule, optimizer)
    else:
        yield from optimizers.modules()[rule.kind].variants(rule, optimizer)
    if optimizer.weight_decay:
        yield from _decoupling(rule, name, optimizer)


def _decoupling(rule: Rule, name: TensorName, optimizer: Optimizer) -> VariantParts:
    """Yield the variants of one mistake: the decay is added to the gradient and left out elsewhere."""
    if name.state == "decayed":
        yield update.COUPLED, (rule.inputs[0],), lambda P: P * 1.0
    elif name.role in ("m", "v") or (name.role == UPDATE and not optimizer.keeps):
        g = rule.inputs[0] if name.role == UPDATE else rule.inputs[1]
        yield from update.coupled(rule, g, name.base, optimizer.weight_decay)
