"""OverlapLoss is the base class of losses that compare the overlap of outputs and labels with their sizes.

Keras takes one overlap of the whole batch, or with `axis=-1` one of each example.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from reference.losses.loss import EPSILON, Equation, Loss, LossEquations, check_truth, factors
from reference.operations import product, rounded_as


def of_whole(T: Any, y: Any, cost: Equation, weight: float | None = None) -> Any:
    """The cost of all examples together, times the loss weight.  T, y [N, ..., n] -> scalar.  Keras: dice"""
    C = cost(T, y)
    return product(C, *factors(C, (), mean=False, weight=weight))


def back_of_whole(T: Any, y: Any, slope: Equation, weight: float | None = None) -> Any:
    """The slope of that, from the way back.  T, y [N, ..., n] -> [N, ..., n].  Keras: dice"""
    return slope(product(*factors(T, (), mean=False, weight=weight), rounded_as(1, T)), T, y)


@dataclass(frozen=True)
class OverlapLoss(Loss):
    """A loss of the whole batch, whatever its reduction; of each example with `per_example`."""

    source: ClassVar[str] = ""
    reduction: str = "mean"
    weight: float = 1.0
    per_example: bool = False
    epsilon: float = EPSILON

    def __post_init__(self) -> None:
        super().__post_init__()
        check_truth("per_example", self.per_example)

    def of_overlap(self) -> tuple[Equation, Equation]:
        """Return the cost and its way back: functions of outputs and labels, and of the option `axis`."""
        raise NotImplementedError

    def of_example(self, activation: str) -> LossEquations:
        """Return the equations of one example."""
        cost, slope = (partial(f, axis=-1) for f in self.of_overlap())
        return LossEquations("A", cost, self.source, slope, self.source)

    def written(self, activation: str, weighted: bool = False) -> LossEquations:
        """Return the equations of a batch, times the loss weight.  Raises ValueError for weights of no example."""
        if self.per_example:
            return super().written(activation, weighted)
        if weighted:
            raise ValueError(f"{self.kind} of the whole batch has no weights of examples")
        options = {} if self.weight == 1 else {"weight": self.weight}
        cost, slope = (partial(f, axis=None) for f in self.of_overlap())
        whole = partial(of_whole, cost=cost, **options), partial(back_of_whole, slope=slope, **options)
        return replace(self.of_example(activation), cost=whole[0], slope=whole[1])
