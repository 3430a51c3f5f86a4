"""The base class of the layers whose kernel slides over an array; `reference.sliding` has their sums."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any, ClassVar

from reference.backprop import bias_gradient
from reference.layers.layer import LARGEST, Layer, Place, Shape
from reference.rule import Rule
from reference.sliding import Sizes, Sliding
from reference.tensor_names import gradient, of_layer

Function = Callable[..., Any]
DIRECTIONS = {1: "one axis", 2: "two axes", 3: "three axes"}


@dataclass(frozen=True)
class SlidingLayer(Layer):
    """A layer Z(l) with weights W(l) that slide over what it reads, and a bias B(l) for each channel that it gives.

    `kernel` has one size for each axis that it slides along, and so have `strides` and `dilation`; () stands for 1
    along every axis. Without B where `bias` is false. Where `frozen`, a training does not change W and B.
    `forms` are the kinds of padding; `sources` are the sources of Z, dW, dB and the gradient of what the layer reads.
    """

    letter = "Z"
    begins = True
    forms: ClassVar[tuple[str, ...]] = ("valid", "same")
    sources: ClassVar[tuple[str, str, str, str]] = ("", "", "", "")
    kernel: Sizes = (3, 3)
    strides: Sizes = ()
    dilation: Sizes = ()
    padding: str = "valid"
    bias: bool = field(default=True, kw_only=True)
    frozen: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        _check_sizes("kernel", self.kernel, range(1, 4))
        _check_sizes("strides", self.strides, (0, len(self.kernel)))
        _check_sizes("dilation", self.dilation, (0, len(self.kernel)))
        if self.padding not in self.forms or (self.padding == "causal" and len(self.kernel) > 1):
            raise ValueError(f"padding {self.padding!r} is not one of {', '.join(self.forms)}")
        for name in ("bias", "frozen"):
            if type(getattr(self, name)) is not bool:
                raise ValueError(f"{name} must be True or False, not {getattr(self, name)!r}")

    def check(self, name: str, number: int) -> None:
        """Check a field that counts something.  Raises ValueError."""
        if type(number) is not int or number < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, not {number!r}")

    @property
    def steps(self) -> Sizes:
        """The stride along each axis."""
        return self.strides or (1,) * len(self.kernel)

    @property
    def spacing(self) -> Sizes:
        """The dilation along each axis."""
        return self.dilation or (1,) * len(self.kernel)

    def spatial(self, example: Shape) -> Sizes:
        """Return the sizes along the axes that the kernel slides along.  Raises ValueError if there are others."""
        if len(example) != len(self.kernel) + 1:
            axes = DIRECTIONS[len(self.kernel)]
            raise ValueError(
                f"a kernel of {axes} reads examples of {axes} and channels, not of the shape {list(example)}"
            )
        return example[:-1]

    def sliding(self, inputs: Shape) -> Sliding:
        """Return how the kernel slides over one example.  Raises ValueError if it does not fit."""
        raise NotImplementedError

    def weights(self, inputs: Shape) -> Shape:
        """Return the shape of W(l)."""
        raise NotImplementedError

    def channels(self, inputs: Shape) -> int:
        """Return how many channels the layer gives."""
        raise NotImplementedError

    def functions(self, inputs: Shape) -> tuple[Function, Function, Function]:
        """Return the functions that give Z(l), dW(l) and the gradient of what the layer reads."""
        raise NotImplementedError

    def terms(self, inputs: Shape) -> tuple[int, int]:
        """Return how many products each number of Z(l), and of the gradient of what the layer reads, is the sum of."""
        raise NotImplementedError

    def options(self, inputs: Shape) -> dict[str, Any]:
        """Return the options of these functions."""
        return {"sliding": self.sliding(inputs)}

    def table(self, place: Place) -> int:
        """Return how many places the tables of what the kernel meets have."""
        sliding = self.sliding(place.inputs)
        back = prod(sliding.inputs) * place.outputs[-1] if place.needs_gradient else 0
        return (prod(sliding.outputs) * place.inputs[-1] + back) * prod(sliding.kernel)

    def parameters(self, place: Place) -> dict[str, Shape]:
        """Return the shapes of W(l) and B(l) [1, n(l)]."""
        shapes = {of_layer("W", place.owner): self.weights(place.inputs)}
        return shapes | ({of_layer("B", place.owner): (1, self.channels(place.inputs))} if self.bias else {})

    def learned(self, place: Place) -> dict[str, Shape]:
        """Return the shapes of W(l) and B(l), or none if they are frozen."""
        return {} if self.frozen else self.parameters(place)

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of Z(l)."""
        compute = partial(self.functions(place.inputs)[0], **self.options(place.inputs))
        inputs = (place.reads, *self.parameters(place))
        one = self.terms(place.inputs)[0] == 1
        yield Rule(place.gives, self.sources[0], inputs, compute, place.number, "forward", kind=self.kind, one_term=one)

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rules of dW(l), dB(l) and, if it is needed, the gradient of what the layer reads."""
        dZ, W = place.gradient_in, of_layer("W", place.owner)
        _, of_weights, of_inputs = (partial(f, **self.options(place.inputs)) for f in self.functions(place.inputs))
        _, first, second, third = self.sources
        for P in self.learned(place):
            if P == W:
                inputs = (place.reads, dZ)
                yield Rule(gradient(P), first, inputs, of_weights, place.number, "backward", kind=self.kind)
            else:
                yield Rule(gradient(P), second, (dZ,), bias_gradient, place.number, "backward", kind=self.kind)
        if place.needs_gradient:
            gives, one = place.gradient_out, self.terms(place.inputs)[1] == 1
            yield Rule(gives, third, (dZ, W), of_inputs, place.below, "backward", kind=self.kind, one_term=one)


def _check_sizes(name: str, sizes: Any, lengths: Any) -> None:
    """Check a field with a number for each axis.  Raises ValueError."""
    if not isinstance(sizes, tuple) or any(type(n) is not int or n < 1 for n in sizes):
        raise ValueError(f"{name} must have whole numbers of at least 1, not {sizes!r}")
    if any(n > LARGEST for n in sizes):
        raise ValueError(f"{name} must have whole numbers of at most {LARGEST:,}")
    if len(sizes) not in lengths:
        raise ValueError(f"{name} has {len(sizes)} numbers; one for each of one to three axes is needed")
