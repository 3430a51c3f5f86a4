"""Choose the rules that are checked in a step, and check the tensors that no rule computes."""

from collections.abc import Iterator, Mapping

import numpy as np

from reference.row_numbers import misfit
from reference.rules import Rule, given_names, rules, start
from reference.tensor_names import REPORTED, before, is_state, kept, new, own, read, split_step
from verify.compare.tensor import Comparison
from verify.records.settings import GIVEN, OPTIMIZERS
from verify.records.trace import Array, Trace


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
        wanted = tuple(r for r in wanted if read(r.tensor).quantity != "C")
    rest = {r.tensor for r in every} - {r.tensor for r in wanted} | set(begins_with(trace)) | set(own_results(trace))
    rest |= {REPORTED} if training else set()
    return wanted, frozenset(rest)


def own_results(trace: Trace) -> dict[str, str]:
    """Return the names of the results that Keras's own step may have beside the captured ones, and what they are.

    They are P_own for P_new, m_P_own for m_P, and in a forward pass the last activation, A3_own for A3.
    """
    network = trace.network
    if not trace.settings.training:
        return {own(place.gives): place.gives for _, place in network.in_prediction.outputs}
    optimizer = OPTIMIZERS[trace.settings.optimizer]
    moments = [kept(moment, P) for P in network.learned() for moment in optimizer.of(P).carries]
    others = (*moments, *optimizer.numbers, *network.kept)
    return {own(P): new(P) for P in network.learned()} | {own(name): name for name in others}


def begins_with(trace: Trace) -> tuple[str, ...]:
    """Return the names of what a step may start from: X, y, parameters, masks, a given α, the optimizer's state."""
    network, optimizer = trace.network, OPTIMIZERS[trace.settings.optimizer]
    if not trace.settings.training:
        return given_names(network)
    moments = (kept(moment, P) for P in network.learned() for moment in optimizer.of(P).carries)
    return (*given_names(network), *optimizer.given, *map(before, (*moments, *optimizer.numbers)))


def strays(trace: Trace) -> tuple[Comparison, ...]:
    """Return a failed comparison for each tensor that belongs to no step."""
    extra = [name for name in trace.tensors if not 1 <= split_step(name)[0] <= trace.settings.steps]
    return tuple(Comparison(0, 0, name, "", 0, trace.tensors[name].shape, "local", "extra") for name in extra)


class StepInputs:
    """The inputs of a step with these rules: tensors that the rules read and do not compute.

    `rest` names other tensors that the step may have.
    """

    def __init__(self, trace: Trace, plan: tuple[Rule, ...], rest: frozenset[str]) -> None:
        network, self.settings = trace.network, trace.settings
        self.inputs, self.weights = network.inputs, network.weights
        self.places = network.places if any(x.kind == "embedding" for x, _ in network.places) else ()
        computed = {rule.tensor for rule in plan}
        needed = {name for rule in plan for name in rule.inputs} - computed
        state = sorted(name for name in rest if is_state(name, "before"))
        given = (*given_names(network), *OPTIMIZERS[self.settings.optimizer].given)
        names = [name for name in dict.fromkeys((*given, *state)) if name in needed]
        self.shapes = {name: network.tensor_shape(name, self.settings.batch) for name in names}
        self.masks, self.known = frozenset(network.masks()), computed | self.shapes.keys() | rest

    def problems(self, step: int, captured: Mapping[str, Array]) -> Iterator[Comparison]:
        """Yield a failed comparison for each wrong input of the step, and for each tensor with an unknown name."""
        for name, shape in self.shapes.items():
            verdict, text = self._problem(name, captured.get(name))
            if verdict:
                yield Comparison(step, 0, name, "given", 0, shape, "local", verdict, explanation=text)
        for name in (name for name in captured if name not in self.known):
            shape, text = captured[name].shape, "no rule computes it"
            yield Comparison(step, 0, name, "", 0, shape, "local", "extra", explanation=text)

    def _problem(self, name: str, actual: Array | None) -> tuple[str, str]:
        """Return the verdict and the text of the first check that an input fails, or two empty texts."""
        settings, shape = self.settings, self.shapes[name]
        if actual is None:
            return "missing", "the trace does not hold it"
        if actual.shape != shape:
            return "shape", f"it should be {list(shape)}"
        if actual.dtype != settings.dtype:
            return "dtype", f"it should be {settings.dtype}"
        if not np.isfinite(actual).all():
            return "not_finite", "it holds NaN or infinity"
        if name == "y" and settings.data != GIVEN and not (_zeros_and_ones(actual) and np.all(actual.sum(axis=1) == 1)):
            return "outside", "each row must hold a single 1 and zeros"
        if name == "X" and settings.data != GIVEN and (actual.min() < 0 or actual.max() > 1):
            return "outside", "pixels must lie from 0 to 1"
        if name in self.weights and (actual < 0).any():
            return "outside", "weights of examples are 0 or more"
        if name in self.inputs and (text := misfit(self.places, {name: actual})):
            return "outside", text
        if name in self.masks and read(name).quantity != "E" and not _zeros_and_ones(actual):
            return "outside", "a mask holds 0 and 1 only"
        return "", ""


def _zeros_and_ones(array: Array) -> bool:
    """Return True if every element is 0 or 1."""
    return bool(np.all((array == 0) | (array == 1)))
