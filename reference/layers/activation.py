"""Activation is the base class of all activations. Each kind has its own module in this package."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

from reference import backprop, feedforward
from reference.layers.layer import Layer, Place
from reference.rule import Rule

Function = Callable[..., Any]


class Activation(Layer):
    """An activation A = f(Z), its slope, and the way back through it.

    `equation` is the number of the equation of f, `slope_equation` that of the way back. `slope_reads_output`: the
    slope is computed from A, not from Z, as in TensorFlow. `elementwise`: each number depends only on its own z.
    `scales`: f multiplies by a constant.
    """

    letter = "A"
    spare = "H"
    equation: ClassVar[str] = "5"
    slope_equation: ClassVar[str] = "18b"
    slope_reads_output: ClassVar[bool] = False
    elementwise: ClassVar[bool] = True
    scales: ClassVar[bool] = False

    @property
    def function(self) -> Function:
        """The function f.  Z [N, n] -> A [N, n]."""
        raise NotImplementedError

    @property
    def slope(self) -> Function:
        """The derivative f', a function of Z or of A.  [N, n] -> [N, n]."""
        raise NotImplementedError

    @property
    def back(self) -> Function:
        """The way back: dZ from dA, and from Z or A.  [N, n], [N, n] -> [N, n]."""
        return partial(backprop.sum_gradient, slope=self.slope)

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of A."""
        activate = partial(feedforward.activation, f=self.function)
        yield Rule(
            place.gives,
            self.equation,
            (place.reads,),
            activate,
            place.number,
            "forward",
            kind=self.kind,
            elementwise=self.elementwise,
            scales=self.scales,
        )

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of dZ, if it is needed."""
        if place.needs_gradient:
            argument = place.gives if self.slope_reads_output else place.reads
            yield Rule(
                place.gradient_out,
                self.slope_equation,
                (place.gradient_in, argument),
                self.back,
                place.below,
                "backward",
                kind=self.kind,
                elementwise=self.elementwise,
                scales=self.scales,
            )
