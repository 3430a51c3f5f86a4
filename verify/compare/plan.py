"""Choose the rules that are checked in a step, and the names that a trace may have."""

from __future__ import annotations

from reference.rules import Rule, given_names, rules, start
from reference.tensor_names import before, kept, split_step
from verify.compare.tensor import Comparison
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Trace


def strays(trace: Trace) -> tuple[Comparison, ...]:
    """Return a failed comparison for each tensor that belongs to no step."""
    extra = [name for name in trace.tensors if not 1 <= split_step(name)[0] <= trace.settings.steps]
    return tuple(Comparison(0, 0, name, "", 0, trace.tensors[name].shape, "local", "extra") for name in extra)


def planned(trace: Trace, command: str, first: bool) -> tuple[tuple[Rule, ...], frozenset[str]]:
    """Return the rules that a command checks in a step, and the names of other tensors that the step may have.

    `first` says whether it is the first step of the trace.
    """
    settings, network, training = trace.settings, trace.network, trace.settings.training
    optimizer = OPTIMIZERS[settings.optimizer]
    computed = rules(network if training else network.in_prediction, settings.loss, optimizer)
    resumed = first and settings.done > 0  # the trace does not have the optimizer's state of earlier steps
    at_start = () if resumed else start(network, optimizer, first, training=training)
    every = at_start + computed if training else at_start + tuple(r for r in computed if r.phase == "forward")
    wanted = every if command == "backprop" else tuple(r for r in every if r.phase == "forward")
    if command == "prediction":  # there is no label to compute the cost from
        wanted = tuple(r for r in wanted if r.tensor != "C")
    rest = {r.tensor for r in every} - {r.tensor for r in wanted} | set(begins_with(trace))
    return wanted, frozenset(rest)


def begins_with(trace: Trace) -> tuple[str, ...]:
    """Return the names of what a step may start from: X, y, parameters, masks, and the optimizer's state."""
    moments = OPTIMIZERS[trace.settings.optimizer].keeps if trace.settings.training else ()
    network = trace.network
    return (*given_names(network), *(before(kept(moment, P)) for P in network.parameters() for moment in moments))
