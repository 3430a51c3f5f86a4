"""Layer is the base class of all kinds of layers; Place says where a layer stands in a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from reference.notation import text_of
from reference.rule import Rule
from reference.tensor_names import gradient

Shape = tuple[int, ...]  # of one example, without the batch


@dataclass(frozen=True)
class Place:
    """Where a layer stands in a network.

    `number` is that of the essay's layer it belongs to (0: the input), `depth` the number of the last one. `reads` is
    the tensor it reads, which belongs to layer `below`; `gives` the tensor it gives. `inputs` and `outputs` are the
    shapes of one example of the two. `needs_gradient`: something before it has parameters, so the gradient of what it
    reads is computed.
    """

    number: int
    depth: int
    reads: str
    below: int
    gives: str
    inputs: Shape
    outputs: Shape
    needs_gradient: bool = True

    @property
    def gradient_in(self) -> str:
        """The gradient of the cost with respect to what the layer gives."""
        return gradient(self.gives)

    @property
    def gradient_out(self) -> str:
        """The gradient of the cost with respect to what the layer reads."""
        return gradient(self.reads)


class Layer:
    """A kind of layer; a kind is a frozen dataclass of the constants that one layer of it has.

    `kind` is its name in texts. `letter` begins the name of the tensor it gives; "" if it hands on what it reads.
    `begins`: it begins a new layer of the essay, as a Dense does; `counted`: its tensors are numbered by themselves.
    `at_end`: it may stand behind the last Dense only.
    """

    kind: ClassVar[str] = ""
    letter: ClassVar[str] = ""
    begins: ClassVar[bool] = False
    counted: ClassVar[bool] = False
    at_end: ClassVar[bool] = False

    def shape(self, inputs: Shape) -> Shape:
        """The shape of one example behind the layer.  Raises ValueError if the layer cannot read such inputs."""
        return inputs

    def parameters(self, place: Place) -> dict[str, Shape]:
        """The parameters by name, each with its shape."""
        return {}

    def drawn(self, place: Place) -> dict[str, Shape]:
        """The tensors that are drawn at random in each training step, by name, each with the shape of one example."""
        return {}

    def forward(self, place: Place) -> Iterator[Rule]:
        """The rules of what the layer computes, in order."""
        return iter(())

    def backward(self, place: Place) -> Iterator[Rule]:
        """The rules of the gradients of its parameters, and of what it reads if that is needed."""
        return iter(())

    @property
    def only_in_training(self) -> bool:
        """Return True if a prediction skips the layer."""
        return False

    def __str__(self) -> str:
        """The layer as a text, which `reference.layers.layer_named` reads."""
        return text_of(self.kind, self)
