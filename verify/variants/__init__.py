"""What could be computed in place of an equation: known slips, other conventions, other arithmetic.

A variant is a rule for the same tensor. Put in the place of the truth it is a fault, and the comparison must
notice; tried when a tensor disagrees, it can say which equation TensorFlow used instead. Simplest first.

Beside a rule's own inputs a variant may read other tensors of the step, and "W1~": W1 of the step before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from reference.adam import Adam
from reference.descent import SGD
from reference.network import Network
from reference.rules import CARRIED, Optimizer, Rule
from verify.variants import adam, backward, descent, forward, loss
from verify.variants.arithmetic import Found

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
    if rule.inputs[-1][0] == "M":  # forward and back
        return "D"
    if name.startswith("d") and rule.inputs[-1] == "y":
        return "dZL"
    for prefix in ("update", "vmax", "m_", "v_", "clipped", "dW", "dB", "dA", "dD", "dZ"):
        if name.startswith(prefix):
            return prefix.removesuffix("_")
    return "decayed" if name.endswith("_decayed") else name.partition("_")[0].rstrip("0123456789")


def _of(rule: Rule, network: Network, optimizer: Optimizer, cost: str) -> Found:
    kind = _kind(rule)
    found: dict[str, Callable[[], Found]] = {
        "Z": lambda: forward.sums(rule), "A": lambda: forward.of_activation(rule, network),
        "S": lambda: forward.rescalings(rule), "D": lambda: forward.dropouts(rule),
        "update": lambda: adam.updates(rule, optimizer), "new": lambda: adam.news(rule, optimizer),
        "clipped": lambda: descent.clippings(rule, network, optimizer), "alpha": lambda: descent.rates(rule),
        "decayed": lambda: descent.decays(rule, optimizer), "vmax": lambda: descent.largest(rule),
    }  # fmt: skip
    if kind in found:
        yield from found[kind]()
    elif kind in ("C", "dZL"):
        yield from loss.of_loss(rule, kind, cost)
    elif kind in ("dA", "dD", "dZ", "dW", "dB"):
        yield from backward.gradients(rule, kind.replace("dD", "dA"), network)
    elif kind in ("m", "v"):
        yield from (
            adam.moments(rule, kind, optimizer) if isinstance(optimizer, Adam) else descent.velocities(rule, optimizer)
        )
    elif rule.equation == CARRIED and rule.tensor.endswith("_before"):
        yield "the moments begin anew", rule.inputs, lambda x: x * 0.0
    yield from _decoupling(rule, kind, optimizer)


def _decoupling(rule: Rule, kind: str, optimizer: Optimizer) -> Found:
    """One slip in several rules: the decay goes with the gradient, and nowhere else."""
    P, plain = rule.tensor.partition("_")[2], isinstance(optimizer, SGD) and not optimizer.momentum
    if not optimizer.weight_decay:
        return
    if kind == "decayed":
        yield descent.COUPLED, (rule.inputs[0],), lambda P: P * 1.0
    elif kind in ("m", "v") or (kind == "update" and plain):
        g = rule.inputs[0] if kind == "update" else rule.inputs[1]
        yield from descent.coupled(rule, g, P, optimizer.weight_decay)
