"""The base class of the activations that couple the numbers along one axis."""

from dataclasses import dataclass

from reference.layers.activation import Activation
from reference.layers.layer import Shape
from reference.layers.normalizing import check_reach


@dataclass(frozen=True)
class AlongAxis(Activation):
    """An activation that couples the numbers along one axis, which counts from the end: -1 is the last."""

    elementwise = False
    axis: int = -1

    def __post_init__(self) -> None:
        if type(self.axis) is not int or self.axis >= 0:
            raise ValueError(f"the axis of {self.kind} counts from the end, as -1, -2, …, not {self.axis!r}")

    def shape(self, *inputs: Shape) -> Shape:
        """Return the shape that it reads.  Raises ValueError if an example has no such axis."""
        check_reach((self.axis,), inputs[0])
        return inputs[0]
