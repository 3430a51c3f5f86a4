"""Layer is the base class of all kinds of layers; Place says where a layer stands in a network."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from reference.clipping import Clip, kept
from reference.notation import text_of
from reference.rule import Rule
from reference.tensor_names import gradient

Shape = tuple[int, ...]  # of one example, without the batch
LARGEST = (
    2**31 - 1
)  # of all sizes and steps of a layer, and of the numbers of an example: TensorFlow's kernels count so


@dataclass(frozen=True)
class Source:
    """A tensor that a layer reads.

    `number` is the number of the essay's layer that it belongs to, and `shape` the shape of one example.
    `needs_gradient`: a layer before it learns, so its gradient is computed.
    """

    tensor: str
    number: int
    shape: Shape
    needs_gradient: bool = True


class SentRows(NamedTuple):
    """A gradient that Keras hands on as single rows: the tensors of their numbers and of the rows, and V (`size`).

    The gradient has V rows; each is the sum of the rows with its number, to which `clip` is applied before.
    """

    numbers: str
    rows: str
    size: int
    clip: Clip = kept


@dataclass(frozen=True)
class Place:
    """Where a layer stands in a network.

    `number` is the number of the essay's layer that it belongs to (0: the input), `depth` the number of the last layer.
    `sources` are the tensors that it reads, in order. `gives` is the tensor that it gives, `outputs` the shape of one
    example of it. `owner` numbers its parameters: it is the number of another layer if both share them. `owns`: it
    is the first layer with these parameters. `training`: the step trains the network; otherwise it is a prediction.
    """

    number: int
    depth: int
    sources: tuple[Source, ...]
    gives: str
    outputs: Shape
    owner: int = 0
    owns: bool = True
    training: bool = True

    @property
    def reads(self) -> str:
        """The tensor that it reads, the first of several; X for the input."""
        return self.sources[0].tensor if self.sources else "X"

    @property
    def below(self) -> int:
        """The number of the essay's layer that `reads` belongs to."""
        return self.sources[0].number if self.sources else 0

    @property
    def inputs(self) -> Shape:
        """The shape of one example of `reads`."""
        return self.sources[0].shape if self.sources else ()

    @property
    def needs_gradient(self) -> bool:
        """True if the gradient of `reads` is computed."""
        return bool(self.sources) and self.sources[0].needs_gradient

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
    the essay's layer; `spare` is the letter of one whose essay's name is taken. `joins`: it reads several tensors.
    """

    kind: ClassVar[str] = ""
    letter: ClassVar[str] = ""
    begins: ClassVar[bool] = False
    counted: ClassVar[bool] = False
    spare: ClassVar[str] = ""
    joins: ClassVar[bool] = False

    def shape(self, *inputs: Shape) -> Shape:
        """Return the shape of one example behind the layer; `inputs` are the shapes of what it reads.

        Raises ValueError if the layer cannot read such inputs.
        """
        return inputs[0]

    def names(self, *inputs: Shape) -> str:
        """Return the letter of the tensor that it gives for inputs of these shapes; "" if it gives what it reads."""
        return self.letter

    def parameters(self, place: Place) -> dict[str, Shape]:
        """Return the shape of each parameter by its name."""
        return {}

    def learned(self, place: Place) -> dict[str, Shape]:
        """Return the shape of each parameter that training changes, by its name."""
        return self.parameters(place)

    def sent_rows(self, place: Place) -> SentRows | None:
        """Return the single rows that are the gradient of its parameter; None if Keras hands on the whole gradient."""
        return None

    def drawn(self, place: Place) -> dict[str, Shape]:
        """Return the tensors drawn at random in each training step: the shape of one example by the tensor's name."""
        return {}

    def kept(self, place: Place) -> tuple[str, ...]:
        """Return the names of what the layer itself keeps from step to step: moving_mean_1, which belongs to mean_1."""
        return ()

    def statistics(self, place: Place) -> dict[str, Shape]:
        """Return what is computed inside the layer once for all examples, such as mean_1: the shape by the name."""
        return {}

    def inner(self, place: Place) -> dict[str, Shape]:
        """Return what else is computed inside the layer for each example: the shape of one example by the name."""
        return {}

    def table(self, place: Place) -> int:
        """Return how many places of one example the layer's tables have, beside those of what it reads and gives."""
        return 0

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
