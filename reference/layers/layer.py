"""Layer is the base class of all kinds of layers; Place says where a layer stands in a network."""

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

    `number` is the number of the essay's layer that it belongs to (0: the input), `depth` the number of the last layer.
    `reads` is the tensor that it reads, which belongs to layer `below`. `gives` is the tensor that it gives. `inputs`
    and `outputs` are the shapes of one example of these two tensors. `needs_gradient`: a layer before it learns, so the
    gradient of `reads` is computed.
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
    """A kind of layer. Each kind is a frozen dataclass; its fields are the constants of one layer.

    `kind` is its name in texts. `letter` begins the name of the tensor that it gives; "" if it gives what it reads.
    `begins`: it begins a new layer of the essay, as a Dense does. `counted`: its tensors are numbered S1, S2, …, not by
    the essay's layer.
    """

    kind: ClassVar[str] = ""
    letter: ClassVar[str] = ""
    begins: ClassVar[bool] = False
    counted: ClassVar[bool] = False

    def shape(self, inputs: Shape) -> Shape:
        """Return the shape of one example behind the layer.  Raises ValueError if the layer cannot read such inputs."""
        return inputs

    def parameters(self, place: Place) -> dict[str, Shape]:
        """Return the shape of each parameter by its name."""
        return {}

    def learned(self, place: Place) -> dict[str, Shape]:
        """Return the shape of each parameter that training changes, by its name."""
        return self.parameters(place)

    def drawn(self, place: Place) -> dict[str, Shape]:
        """Return the tensors drawn at random in each training step: the shape of one example by the tensor's name."""
        return {}

    def forward(self, place: Place) -> Iterator[Rule]:
        """Return the rules of what the layer computes, in order."""
        return iter(())

    def backward(self, place: Place) -> Iterator[Rule]:
        """Return the rules of the gradients of its parameters and, if needed, of what it reads."""
        return iter(())

    @property
    def only_in_training(self) -> bool:
        """True if a prediction skips the layer."""
        return False

    def __str__(self) -> str:
        """Return the layer as a text that `reference.layers.layer_named` reads."""
        return text_of(self.kind, self)
