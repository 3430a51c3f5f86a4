"""The plan of a step: the rules to be checked, and the names that a trace may hold."""

from __future__ import annotations

from reference.rules import Rule, given, rules, start
from reference.tensor_names import before, kept, split_step
from verify.compare.tensor import Comparison
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Trace


def strays(trace: Trace) -> tuple[Comparison, ...]:
    """Tensors that belong to no step: each is a failure."""
    extra = [name for name in trace.tensors if not 1 <= split_step(name)[0] <= trace.settings.steps]
    return tuple(Comparison(0, 0, name, "", 0, trace.tensors[name].shape, "local", "extra") for name in extra)


def planned(trace: Trace, command: str, first: bool) -> tuple[tuple[Rule, ...], frozenset[str]]:
    """The rules to be checked in a step, and the names a trace may hold beyond them."""
    settings, network, training = trace.settings, trace.network, trace.settings.training
    optimizer = OPTIMIZERS[settings.optimizer]
    every = rules(network if training else network.in_prediction, settings.loss, optimizer)
    anew = first and settings.done > 0  # what the optimizer had done before is not in the trace
    begin = () if anew else start(network, optimizer, first, training=training)
    everything = begin + every if training else begin + tuple(r for r in every if r.phase == "forward")
    wanted = everything if command == "backprop" else tuple(r for r in everything if r.phase == "forward")
    if command == "prediction":  # it has no label to be compared with
        wanted = tuple(r for r in wanted if r.tensor != "C")
    rest = {r.tensor for r in everything} - {r.tensor for r in wanted} | set(begins_with(trace))
    return wanted, frozenset(rest)


def begins_with(trace: Trace) -> tuple[str, ...]:
    """What a step may have to be given: X, y, parameters, masks, and what the optimizer remembers."""
    remembered = OPTIMIZERS[trace.settings.optimizer].keeps if trace.settings.training else ()
    network = trace.network
    return (*given(network), *(before(kept(moment, P)) for P in network.parameters() for moment in remembered))
