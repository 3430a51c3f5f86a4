"""Activation is the base class of all activations. Each kind has a module of its own beside this one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

from reference import backprop, feedforward
from reference.layers.layer import Layer, Place
from reference.rule import Rule

Function = Callable[..., Any]


class Activation(Layer):
    """An activation A = f(Z), its slope, and the way back through it.

    `equation` is the number of f, `slope_equation` that of the way back. `slope_reads_output`: the slope is computed
    from A in place of Z, as in TensorFlow. `elementwise`: each number depends on its own z only. `scales`: it
    multiplies by a constant.
    """

    letter = "A"
    equation: ClassVar[str] = "5"
    slope_equation: ClassVar[str] = "18b"
    slope_reads_output: ClassVar[bool] = False
    elementwise: ClassVar[bool] = True
    scales: ClassVar[bool] = False

    @property
    def function(self) -> Function:
        """f.  Z [N, n] -> A [N, n]."""
        raise NotImplementedError

    @property
    def slope(self) -> Function:
        """f', of Z or of A.  [N, n] -> [N, n]."""
        raise NotImplementedError

    @property
    def back(self) -> Function:
        """From dA, and Z or A, to dZ.  [N, n], [N, n] -> [N, n]."""
        return partial(backprop.sum_gradient, slope=self.slope)

    def forward(self, place: Place) -> Iterator[Rule]:
        activate = partial(feedforward.activation, f=self.function)
        yield Rule(
            place.gives, self.equation, (place.reads,), activate, place.number, "forward",
            kind=self.kind, elementwise=self.elementwise, scales=self.scales,
        )  # fmt: skip

    def backward(self, place: Place) -> Iterator[Rule]:
        if place.needs_gradient:
            at = place.gives if self.slope_reads_output else place.reads
            yield Rule(
                place.gradient_out, self.slope_equation, (place.gradient_in, at), self.back, place.below, "backward",
                kind=self.kind, elementwise=self.elementwise, scales=self.scales,
            )  # fmt: skip
