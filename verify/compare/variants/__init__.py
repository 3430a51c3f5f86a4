"""What could be computed in place of an equation: known slips, other conventions, other arithmetic.

A variant is a rule for the same tensor. Put in the place of the truth it is a fault, and the comparison must
notice; tried when a tensor disagrees, it can say which equation TensorFlow used instead. Simplest first.

Beside a rule's own inputs a variant may read other tensors of the step, and "W1~": W1 of the step before.
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
from verify.compare.variants.shared import Found

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
    for name, inputs, compute in _of(rule, network, optimizer):
        yield Variant(name, _group(rule), replace(rule, inputs=inputs, compute=compute))


def _group(rule: Rule) -> str:
    """The row of the kill matrix that a rule's faults are counted in."""
    if rule.kind in losses.modules():
        return "loss"
    return "Adam" if rule.phase in ("start", "update") else rule.phase


def _of(rule: Rule, network: Network, optimizer: Optimizer) -> Found:
    if rule.kind in layers.modules():
        yield from layers.modules()[rule.kind].variants(rule, network)
    elif rule.kind in losses.modules():
        yield from losses.modules()[rule.kind].variants(rule)
    elif rule.phase == "update":
        yield from _of_update(rule, network, optimizer)
    elif rule.equation == CARRIED and read(rule.tensor).is_kept:
        yield "the moments begin anew", rule.inputs, lambda x: x * 0.0


def _of_update(rule: Rule, network: Network, optimizer: Optimizer) -> Found:
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


def _decoupling(rule: Rule, name: TensorName, optimizer: Optimizer) -> Found:
    """One slip in several rules: the decay goes with the gradient, and nowhere else."""
    if name.state == "decayed":
        yield update.COUPLED, (rule.inputs[0],), lambda P: P * 1.0
    elif name.role in ("m", "v") or (name.role == UPDATE and not optimizer.keeps):
        g = rule.inputs[0] if name.role == UPDATE else rule.inputs[1]
        yield from update.coupled(rule, g, name.base, optimizer.weight_decay)
