"""Compare each tensor of a trace with its rule, in two modes.

*local*: the rule reads the inputs that TensorFlow itself had. An error cannot spread to other tensors, so the tensor
that is outside is where the error was made. The verdict of a run is made in this mode. *chained*: the rules start from
X, y and the first weights alone and read each other's results, as the essay does by hand.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Self, TypeVar

from reference.rules import Rule, given_names
from reference.tensor_names import CARRIED, carried, previous
from verify.bounds import Ball
from verify.compare.diagnosis import Context, diagnose
from verify.compare.evaluation import Memo, evaluate, exact_balls, fused, recomputed, scalars
from verify.compare.plan import StepInputs, begins_with, planned, strays
from verify.compare.recompute import coefficients_as_numbers
from verify.compare.tensor import Comparison, Tolerance, compare_tensor
from verify.records.precision import PRECISIONS
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace

MODES = ("local", "chained")
EXPLAINED = 6  # how many of the tensors that disagree are explained, in the order of computing
Tensor = TypeVar("Tensor")


class Walk:
    """A comparison of a trace, step by step. It keeps what the next step needs of the steps before.

    `memo` keeps the results of evaluations by the ids of their operands: if one tensor changes, only the rules that
    read this tensor are evaluated again. `modes` may leave out "chained".
    """

    def __init__(
        self,
        trace: Trace,
        command: str,
        tolerance: Tolerance | None = None,
        memo: Memo | None = None,
        modes: tuple[str, ...] = MODES,
    ) -> None:
        self.trace, self.command, self.tolerance, self.memo, self.modes = trace, command, tolerance, memo, modes
        self.precision, self.optimizer = PRECISIONS[trace.settings.dtype], OPTIMIZERS[trace.settings.optimizer]
        self.local: dict[str, Ball] = {}  # what the last step's rules read in local mode
        self.previous: dict[str, Ball] = {}  # `local` of the step before
        self.chain: dict[str, Ball] = {}  # what they read in chained mode, and their results
        self.balls: dict[str, Ball] = {}  # their results in local mode
        self.explains = True  # whether to look for the causes of disagreements
        self.tensors: Mapping[str, Array] = {}  # TensorFlow's tensors of the last step

    @property
    def operands(self) -> dict[str, Ball]:
        """What a variant may read: the balls of the last step, and those of the step before with "~" in their names."""
        return {**{previous(name): ball for name, ball in self.previous.items()}, **self.local}

    def begin(self, tensors: Mapping[str, Array]) -> None:
        """Start from these tensors of TensorFlow's as if they were the last step's."""
        self.tensors = tensors
        self.local = exact_balls(tensors, self.trace, tensors, self.precision)

    def step(self, number: int, captured: Mapping[str, Array]) -> list[Comparison]:
        """Return the comparisons of the next step's tensors. `captured` has the tensors as TensorFlow computed them."""
        trace, settings = self.trace, self.trace.settings
        plan, rest = planned(trace, self.command, number == 1)
        names = dict.fromkeys((*(rule.tensor for rule in plan), *begins_with(trace)))
        exact = exact_balls(captured, trace, names, self.precision, self.memo)
        constants = scalars(settings.done + number, self.optimizer, self.precision)
        self.previous = self.local
        self.local = {**exact, **_carried_over(self.local), **constants}
        first = number == 1 or self.command == "feedforward"
        self.chain = {**_givens(self.local, trace, first), **_carried_over(self.chain), **constants}
        numbers = coefficients_as_numbers(settings.done + number, self.optimizer, settings.dtype)
        arrays = {**captured, **_carried_over(self.tensors), **numbers}
        self.tensors, self.balls = captured, {}
        comparisons = list(StepInputs(trace, plan, rest).problems(number, captured))
        for order, rule in enumerate(plan, 1):
            for mode in self.modes:
                operands = fused(rule, self.local, settings.jit) if mode == "local" else self.chain
                ball = evaluate(rule, operands, self.precision, self.memo)
                array = None
                if ball is not None:  # without a ball, an input is missing or has another shape
                    (self.balls if mode == "local" else self.chain)[rule.tensor] = ball
                    if mode == "local":
                        array = recomputed(rule, arrays, settings.dtype, self.memo)
                actual = captured.get(rule.tensor)
                comparisons.append(
                    compare_tensor(rule, number, order, mode, ball, actual, self.tolerance, settings.dtype, array)
                )
        if self.explains and not self.tolerance:
            self._explain(comparisons, {rule.tensor: rule for rule in plan})
        return comparisons

    def _explain(self, comparisons: list[Comparison], rules: Mapping[str, Rule]) -> None:
        """Add an explanation to the comparisons of the first tensors that are outside in local mode."""
        outside = [i for i, c in enumerate(comparisons) if c.mode == "local" and c.verdict == "outside" and c.order]
        if not outside:
            return
        network, operands = self.trace.network, self.operands
        context = Context(network, self.optimizer, self.precision, self.tensors, self.balls, operands)
        for i in outside[:EXPLAINED]:
            cause = diagnose(rules[comparisons[i].tensor], context)
            comparisons[i] = replace(comparisons[i], explanation=cause)

    def copy(self) -> Self:
        """Return a copy, which can take the next step with other tensors."""
        return copy(self)


@dataclass(frozen=True)
class ShownStep:
    """The step that a report shows in detail: the balls of its rules, evaluated on TensorFlow's own inputs."""

    step: int
    local: Mapping[str, Ball]


@dataclass(frozen=True)
class TraceComparison:
    """The comparisons of a whole trace.

    `by_hand` has the chained balls of the first and of the last step. `walk` is the walk after the last step. `shown`
    is the first step that disagrees, or the last step if all agree.
    """

    comparisons: tuple[Comparison, ...]
    by_hand: tuple[Mapping[str, Ball], ...]
    walk: Walk
    shown: ShownStep


def compare(
    trace: Trace, command: str, tolerance: Tolerance | None = None, modes: tuple[str, ...] = MODES
) -> TraceComparison:
    """Return the comparisons of every tensor of every step. A mismatch is not printed, raised or skipped."""
    walk = Walk(trace, command, tolerance, modes=modes)
    comparisons: list[Comparison] = []
    by_hand: list[Mapping[str, Ball]] = []
    shown, agreed = ShownStep(0, {}), True
    for number in range(1, trace.settings.steps + 1):
        of_step = walk.step(number, trace.step(number))
        comparisons += of_step
        if agreed:
            shown, agreed = ShownStep(number, walk.balls), all(c.passed for c in of_step if c.mode == "local")
        by_hand = [*by_hand[:1], {name: ball for name, ball in walk.chain.items() if CARRIED not in name}]
    return TraceComparison((*comparisons, *strays(trace)), tuple(by_hand), walk, shown)


def _carried_over(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors that a step leaves to the next one, under the names by which the next one reads them."""
    return {name: tensor for left, tensor in tensors.items() if (name := carried(left)) is not None}


def _givens(local: Mapping[str, Ball], trace: Trace, first: bool) -> dict[str, Ball]:
    """Return the tensors that the chained run does not compute itself.

    These are X, y and the masks; if `first`, also the parameters and the optimizer's state.
    """
    parameters = trace.network.parameters()
    names = begins_with(trace) if first else (name for name in given_names(trace.network) if name not in parameters)
    return {name: local[name] for name in names if name in local}
