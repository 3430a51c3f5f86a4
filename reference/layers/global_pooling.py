"""The base class of the layers that pool a whole example: one number for each channel."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from reference.layers.layer import Layer, Place, Shape
from reference.rule import Rule


@dataclass(frozen=True)
class GlobalPooling(Layer):
    """P(k): one number for each channel. `keepdims`: the other axes stay, with length 1.

    `pooled` gives P, [N, *inputs, C] -> [N, *shape], and `sent_back` the gradient of what the layer reads; it reads dP,
    and that tensor too if `back_reads_input`. `averages`: it multiplies by one over the number of positions.
    """

    letter = "P"
    counted = True
    back_reads_input: ClassVar[bool] = False
    averages: ClassVar[bool] = False
    pooled: ClassVar[Callable[..., Any]]
    sent_back: ClassVar[Callable[..., Any]]
    keepdims: bool = False

    def __post_init__(self) -> None:
        if type(self.keepdims) is not bool:
            raise ValueError(f"keepdims must be True or False, not {self.keepdims!r}")

    def shape(self, *inputs: Shape) -> Shape:
        """Return (channels,), or (1, …, channels).  Raises ValueError if an example is one row."""
        if len(inputs[0]) < 2:
            raise ValueError(f"a global pooling reads examples with positions and channels, not {list(inputs[0])}")
        return ((1,) * (len(inputs[0]) - 1) if self.keepdims else ()) + inputs[0][-1:]

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of P(k)."""
        compute = partial(self.pooled, shape=place.outputs)
        yield self._rule(place.gives, (place.reads,), compute, place.number, "forward")

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        if place.needs_gradient:
            inputs = (place.gradient_in, *([place.reads] if self.back_reads_input else []))
            compute = partial(self.sent_back, inputs=place.inputs)
            yield self._rule(place.gradient_out, inputs, compute, place.below, "backward")

    def _rule(self, tensor: str, inputs: tuple[str, ...], compute: Any, number: int, phase: str) -> Rule:
        source = f"Keras: {type(self).__name__}"
        return Rule(tensor, source, inputs, compute, number, phase, kind=self.kind, scales=self.averages)
