"""The base class of the layers that add noise to what they read, or multiply it by noise, in training."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from reference.layers.layer import Layer, Place, Shape
from reference.rule import Rule
from reference.tensor_names import of_layer, read


def noise_of(gives: str) -> str:
    """Return the name of the noise of the layer that gives G(k): E(k).  Bishop 1995"""
    return of_layer("E", read(gives).layer or 0)


class Noise(Layer):
    """G(k), from what the layer reads and E(k), normal numbers drawn anew in each step; a prediction skips it.

    `source` names the paper. E(k) has a mean and a standard deviation. `adds`: it is added; as it is a product itself,
    of its standard deviation and another number, a compiler may add it without rounding it first.
    """

    letter = "G"
    counted = True
    source: ClassVar[str] = ""
    mean: ClassVar[float] = 0.0
    adds: ClassVar[bool] = False

    @property
    def standard_deviation(self) -> float:
        """The standard deviation of E(k)."""
        raise NotImplementedError

    def functions(self) -> tuple[Callable[..., Any], Callable[..., Any], bool]:
        """Return the function that gives G(k), the way back, and whether the way back reads E(k)."""
        raise NotImplementedError

    @property
    def only_in_training(self) -> bool:
        """True: a prediction skips noise."""
        return True

    def drawn(self, place: Place) -> dict[str, Shape]:
        """Return the shape of E(k), that of what the layer reads."""
        return {noise_of(place.gives): place.inputs}

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of G(k)."""
        yield self._rule(place.gives, (place.reads, *self.drawn(place)), self.functions()[0], place.number, "forward")

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        if place.needs_gradient:
            _, back, reads_noise = self.functions()
            inputs = (place.gradient_in, *(self.drawn(place) if reads_noise else ()))
            yield self._rule(place.gradient_out, inputs, back, place.below, "backward")

    def _rule(self, tensor: str, inputs: tuple[str, ...], compute: Any, layer: int, phase: str) -> Rule:
        fusable = inputs[1:] if self.adds else ()
        return Rule(tensor, self.source, inputs, compute, layer, phase, fusable, kind=self.kind, elementwise=True)
