"""The Dense layer: the essay's own, whose equations are in `reference.feedforward` and `reference.backprop`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from reference import backprop, feedforward
from reference.layers.layer import Layer, Place, Shape
from reference.rule import Rule
from reference.tensor_names import gradient, of_layer

Function = Callable[..., Any]
FORWARD = {1: "6", 2: "8", 3: "9"}  # the equation of Z(l), by l
BACKWARD = {0: ("22a", "22b"), 1: ("22c", "22d")}  # the equations of dW(l) and dB(l), by L - l


@dataclass(frozen=True)
class Dense(Layer):
    """Z(l) = A(l-1)·W(l) + B(l), with `nodes` n(l).  (4), (6), (8), (8a), (9)

    Without B where `bias` is false. Where `frozen`, a training does not change W and B.
    """

    kind = "dense"
    letter = "Z"
    begins = True
    nodes: int = 1
    bias: bool = True
    frozen: bool = False

    def __post_init__(self) -> None:
        if type(self.nodes) is not int or self.nodes < 1:
            raise ValueError(f"a dense layer needs at least one node, not {self.nodes!r}")
        for name in ("bias", "frozen"):
            if type(getattr(self, name)) is not bool:
                raise ValueError(f"{name} must be True or False, not {getattr(self, name)!r}")

    def shape(self, *inputs: Shape) -> Shape:
        """Return (…, n(l)): each row of an example gives a row.  Raises ValueError if an example has no row."""
        if not inputs[0]:
            raise ValueError("a Dense layer reads rows of numbers, not single numbers")
        return (*inputs[0][:-1], self.nodes)

    def parameters(self, place: Place) -> dict[str, Shape]:
        """Return the shapes of W(l) [n(l-1), n(l)] and B(l) [1, n(l)]."""
        weights, bias = of_layer("W", place.owner), of_layer("B", place.owner)
        shapes: dict[str, Shape] = {weights: (place.inputs[-1], self.nodes)}
        return shapes | ({bias: (1, self.nodes)} if self.bias else {})

    def learned(self, place: Place) -> dict[str, Shape]:
        """Return the shapes of W(l) and B(l), or none if they are frozen."""
        return {} if self.frozen else self.parameters(place)

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of Z(l)."""
        compute: Function = feedforward.weighted_sum if self.bias else feedforward.weighted_sum_without_bias
        equation = FORWARD.get(place.number, "8a")
        inputs, summed = (place.reads, *self.parameters(place)), _axes(place, 1, 0)
        yield Rule(
            place.gives,
            equation,
            inputs,
            compute,
            place.number,
            "forward",
            kind=self.kind,
            summed=summed,
            one_term=place.inputs[-1] == 1,
        )

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rules of dW(l), dB(l) and, if it is needed, the gradient of what the layer reads."""
        dZ, W, dW = place.gradient_in, of_layer("W", place.owner), gradient(of_layer("W", place.owner))
        weights, biases = BACKWARD.get(place.depth - place.number, ("22e", "22f"))
        product = (dZ,) if place.number == place.depth else ()
        for P in self.learned(place):
            if P == W:
                inputs, compute = (place.reads, dZ), backprop.weight_gradient
                yield Rule(
                    dW, weights, inputs, compute, place.number, "backward", kind=self.kind, summed=_axes(place, 0, 0)
                )
            else:
                bias_gradient = backprop.bias_gradient
                yield Rule(gradient(P), biases, (dZ,), bias_gradient, place.number, "backward", product, kind=self.kind)
        if place.needs_gradient:
            yield Rule(
                place.gradient_out,
                "20a",
                (dZ, W),
                backprop.activation_gradient,
                place.below,
                "backward",
                kind=self.kind,
                summed=_axes(place, 1, 1),
                one_term=self.nodes == 1,
            )


def _axes(place: Place, *axes: int) -> tuple[int, int] | None:
    """Return the axes that a product sums over; None if examples have several rows, because it has more axes then."""
    first, second = axes
    return (first, second) if len(place.inputs) == 1 else None
