"""Merge is the base class of all layers that join several tensors into one. Each kind has its own module."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

from reference.layers.layer import Layer, Place, Shape
from reference.operations import choose
from reference.rule import Rule


class Merge(Layer):
    """A layer J(k) that joins tensors of one shape, number by number.

    Its source is Keras's code. A sum is taken in any order, because TensorFlow's grappler joins several additions.
    `averages`: it multiplies by one over the number of tensors.
    """

    letter = "J"
    counted = True
    joins = True
    at_least = 2
    averages: ClassVar[bool] = False

    def shape(self, *inputs: Shape) -> Shape:
        """Return the one shape that all inputs have.  Raises ValueError if they differ."""
        if len(inputs) < self.at_least:
            raise ValueError(f"{self.kind} joins at least {self.at_least} tensors, not {len(inputs)}")
        if len(set(inputs)) > 1:
            raise ValueError(f"{self.kind} joins tensors of one shape, not {' and '.join(map(str, map(list, inputs)))}")
        return inputs[0]

    @property
    def function(self) -> Callable[..., Any]:
        """The function that joins the tensors.  [N, …] each -> [N, …]."""
        raise NotImplementedError

    def back(self, k: int, place: Place) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """Return the function that gives the gradient of the k-th tensor (from 0), and the names of what it reads."""
        raise NotImplementedError

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of J(k)."""
        inputs = tuple(source.tensor for source in place.sources)
        yield self._rule(place.gives, inputs, self.function, place.number, "forward")

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of each tensor that it reads, where it is needed."""
        for k, source in enumerate(place.sources):
            if source.needs_gradient:
                compute, inputs = self.back(k, place)
                yield self._rule(f"d{source.tensor}", inputs, compute, source.number, "backward")

    def _rule(self, tensor: str, inputs: tuple[str, ...], compute: Callable[..., Any], number: int, phase: str) -> Rule:
        source = f"Keras: {type(self).__name__}"
        scales = self.averages
        return Rule(tensor, source, inputs, compute, number, phase, kind=self.kind, elementwise=True, scales=scales)


def handed_on(dJ: Any) -> Any:
    """dA = dJ: a sum hands its gradient on.  dJ [N, …] -> [N, …].  Keras: Add, Subtract"""
    return dJ


def negated(dJ: Any) -> Any:
    """dB = -dJ, for J = A - B.  dJ [N, …] -> [N, …].  Keras: Subtract"""
    return -dJ


def shared(dJ: Any, count: int) -> Any:
    """dA = dJ / m, for a mean of m tensors.  dJ [N, …] -> [N, …].  Keras: Average"""
    return dJ * (1 / count)


def given_to_the_largest(dJ: Any, *tensors: Any, k: int, smallest: bool) -> Any:
    """dJ where the k-th tensor is chosen, else 0; of equal numbers, the first is chosen.

    Keras: Maximum compares two at a time, the largest so far with the next.  dJ and m tensors [N, …] -> [N, …]
    """
    sign = -1 if smallest else 1
    mine, dA = tensors[k] * sign, dJ
    for j, other in enumerate(tensors):
        if j < k:
            dA = choose(other * sign >= mine, 0.0, dA)
        elif j > k:
            dA = choose(mine >= other * sign, dA, 0.0)
    return dA


def largest_back(k: int, place: Place, smallest: bool) -> tuple[Callable[..., Any], tuple[str, ...]]:
    """Return the way back of the k-th tensor, and what it reads.  Keras: Maximum, Minimum"""
    inputs = (place.gradient_in, *(source.tensor for source in place.sources))
    return partial(given_to_the_largest, k=k, smallest=smallest), inputs
