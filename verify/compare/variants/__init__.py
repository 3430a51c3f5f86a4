"""Variants of the equations: known mistakes, other conventions, other arithmetic.

A variant is a rule that computes the same tensor in another way. It has two uses. In place of the equation it is a
fault, which the comparison must notice. When a tensor disagrees, the variants that agree with it show which equation
TensorFlow may have used. Each function yields the simplest variants first.

A variant may read tensors of the step that its rule does not read, and "W1~", which is W1 of the step before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate

import numpy as np

from reference.branches import KIND as BRANCHES
from reference.branches import gradient_of_branches
from reference.ends import COSTS
from reference.network import Network
from reference.optimizers.around import KIND
from reference.optimizers.optimizer import Optimizer
from reference.registry import modules_of
from reference.rules import CARRIED, FROZEN, Rule
from reference.tensor_names import CLIPPED, PENALTY, TensorName, clipped, gradient, read
from verify.compare.variants import around, regularizers, schedule, update
from verify.compare.variants.shared import VariantParts, options, unchanged

REGULARIZER, CONSTRAINT = "regularizer", "constraint"
LAYERS, LOSSES, OPTIMIZERS = (f"{__name__}.{package}" for package in ("layers", "losses", "optimizers"))

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


def variants(rule: Rule, network: Network, optimizer: Optimizer) -> Iterator[Variant]:
    """Yield the variants of one rule, the simplest first."""
    group = rule.phase
    if rule.kind in (COSTS, REGULARIZER) or rule.kind in modules_of(LOSSES):
        group = "loss"
    elif rule.phase in ("start", "update"):
        group = "Adam"
    for part in _parts(rule, network, optimizer):
        name, compute, inputs = part if len(part) == 3 else (*part, rule.inputs)
        yield Variant(name, group, replace(rule, inputs=inputs, compute=compute))


def _parts(rule: Rule, network: Network, optimizer: Optimizer) -> VariantParts:
    """Yield the name and the function of each variant of one rule, and what the function reads."""
    if rule.kind == BRANCHES:
        yield from _of_branches(rule)
    elif rule.kind == COSTS:
        yield from _of_costs(rule)
    elif rule.kind == REGULARIZER:
        yield from regularizers.variants(rule)
    elif rule.kind == CONSTRAINT:
        yield from regularizers.of_constraint(rule)
    elif rule.kind in modules_of(LAYERS):
        yield from modules_of(LAYERS)[rule.kind].variants(rule, network.depth)
    elif rule.kind in modules_of(LOSSES):
        yield from _of_loss(rule)
    elif rule.phase == "update":
        yield from _of_update(rule, network, optimizer)
    elif rule.equation == CARRIED and read(rule.tensor).is_kept:
        yield "the moments begin anew", lambda x: x * 0.0


def _of_branches(rule: Rule) -> VariantParts:
    """Yield the variants of a gradient that comes from several places."""
    parts = options(rule.compute)["parts"]
    ends = list(accumulate((count for _, count in parts), initial=0))
    for k in range(len(parts)):
        rest, kept = parts[:k] + parts[k + 1 :], rule.inputs[: ends[k]] + rule.inputs[ends[k + 1] :]
        yield f"gradient of branch {k + 1} of {len(parts)} lost", partial(gradient_of_branches, parts=rest), kept
        (compute, _), only = parts[k], rule.inputs[ends[k] : ends[k + 1]]
        if len(parts) > 2:
            yield f"gradient of branch {k + 1} of {len(parts)} alone", compute, only
        yield (
            f"gradient of branch {k + 1} of {len(parts)} counted twice",
            partial(gradient_of_branches, parts=(*parts, parts[k])),
            (*rule.inputs, *only),
        )
    yield from regularizers.of_branches(parts)
    yield "mean of the branches in place of their sum", lambda *T: rule.compute(*T) / len(parts)


def _of_costs(rule: Rule) -> VariantParts:
    """Yield the variants of a sum of costs of outputs and of penalties."""
    outputs = sum(read(name).role != PENALTY for name in rule.inputs)
    for k, name in enumerate(rule.inputs):
        penalty = read(name).role == PENALTY
        term = f"penalty of {read(name).base}" if penalty else f"cost of output {k + 1} of {outputs}"
        yield f"{term} lost", rule.compute, rule.inputs[:k] + rule.inputs[k + 1 :]
        yield f"{term} counted twice", rule.compute, (*rule.inputs, name)
    yield "mean of the costs in place of their sum", lambda *C: rule.compute(*C) * (1 / len(rule.inputs))


def _of_loss(rule: Rule) -> VariantParts:
    """Yield the variants of a cost or of its slope."""
    if "scale" in options(rule.compute):
        yield from around.of_scaled_slope(rule, _of_loss)
        return
    if "weight" in options(rule.compute):
        yield "loss weight left out", partial(rule.compute, weight=None)
    yield from modules_of(LOSSES)[rule.kind].variants(rule)


def _of_update(rule: Rule, network: Network, optimizer: Optimizer) -> VariantParts:
    """Yield the variants of a rule that updates parameters or the optimizer's state."""
    name = read(rule.tensor)
    optimizer = optimizer.of(name.base)
    if rule.equation == FROZEN:
        return
    if "ticks" in options(rule.compute):
        yield from around.of_waiting(rule, optimizer, lambda acting: _of_update(acting, network, optimizer))
        return
    if rule.tensor == "alpha":
        yield from schedule.of_schedule(rule)
    elif rule.kind == KIND:
        yield from around.of_rule(rule, optimizer)
    elif name.role == CLIPPED:
        yield from update.of_clipping(rule, network, optimizer)
    elif name.state == "decayed":
        yield from update.of_decay(rule, optimizer.weight_decay)
    elif name.state in ("new", "updated") and not rule.kind:
        yield from update.of_new_parameters(rule, optimizer)
    else:
        yield from modules_of(OPTIMIZERS)[rule.kind].variants(rule, optimizer)
        yield from around.of_reading(rule)
    if optimizer.weight_decay and name.base not in optimizer.undecayed and rule.kind != KIND:
        yield from _coupled_decay(rule, name, optimizer)


def _coupled_decay(rule: Rule, name: TensorName, optimizer: Optimizer) -> VariantParts:
    """Yield the variants of one mistake: the decay is added to the gradient and left out elsewhere."""
    if name.state == "decayed":
        yield update.COUPLED, unchanged, (rule.inputs[0],)
    elif name.role != CLIPPED:
        for g in {gradient(name.base), clipped(name.base), optimizer.handed(name.base)}.intersection(rule.inputs):
            yield from update.of_coupled_decay(rule, g, name.base, optimizer.weight_decay)
