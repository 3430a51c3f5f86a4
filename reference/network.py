"""The network as a value: layer sizes and activations, section 1.2 and Figure 3; and what others have beside them."""

from __future__ import annotations

from dataclasses import dataclass

from reference.activations import activation_named
from reference.tensor_names import read


@dataclass(frozen=True)
class Network:
    """A fully connected network: `sizes` n(0)…n(L), and one activation for each layer 1…L.

    `biases` says of each layer whether it has one (empty: all have); `dropout` has a rate for the input and each
    layer's output (empty: none); `rescaling` the scale and offset of each layer that brings X to another range.

    Raises ValueError where these do not fit together, or an activation is unknown.
    Softmax couples the nodes of its layer, so it may stand at the output only.
    """

    sizes: tuple[int, ...] = (784, 128, 64, 10)
    activations: tuple[str, ...] = ("relu", "relu", "softmax")
    biases: tuple[bool, ...] = ()
    dropout: tuple[float, ...] = ()
    rescaling: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or any(n < 1 for n in self.sizes):
            raise ValueError(f"sizes {self.sizes}: at least two layers of at least one node are needed")
        if len(self.activations) != self.depth:
            raise ValueError(f"{self.depth} layers need {self.depth} activations, not {len(self.activations)}")
        for name in self.activations:
            activation_named(name)
        if "softmax" in self.activations[:-1]:
            raise ValueError("softmax may stand at the output layer only")
        if len(self.biases) not in (0, self.depth) or any(type(b) is not bool for b in self.biases):
            raise ValueError(f"{self.depth} layers need {self.depth} times yes or no for their biases, or none")
        if len(self.dropout) not in (0, self.depth + 1) or any(not 0 <= rate < 1 for rate in self.dropout):
            raise ValueError(f"{self.depth} layers need {self.depth + 1} dropout rates from 0 to below 1, or none")
        if any(len(pair) != 2 for pair in self.rescaling):
            raise ValueError("each rescaling needs a scale and an offset")

    @property
    def depth(self) -> int:
        """L, the number of layers that compute."""
        return len(self.sizes) - 1

    def has_bias(self, layer: int) -> bool:
        return not self.biases or self.biases[layer - 1]

    def rate(self, layer: int) -> float:
        """Of the dropout after a layer's activation; 0 is the input."""
        return self.dropout[layer] if self.dropout else 0.0

    def output(self, layer: int, training: bool = True) -> str:
        """The tensor that the next layer reads: A(l), D(l) after dropout; of the input X, or S(k) rescaled."""
        if training and self.rate(layer):
            return f"D{layer}"
        if layer:
            return f"A{layer}"
        return f"S{len(self.rescaling)}" if self.rescaling else "X"

    def parameters(self) -> tuple[str, ...]:
        """W1, B1, … WL, BL."""
        layers = range(1, self.depth + 1)
        return tuple(f"{kind}{layer}" for layer in layers for kind in "WB" if kind == "W" or self.has_bias(layer))

    def masks(self) -> tuple[str, ...]:
        """M0, … ML: what each dropout lets through."""
        return tuple(f"M{layer}" for layer in range(self.depth + 1) if self.rate(layer))

    def shape(self, parameter: str) -> tuple[int, int]:
        """Of a weight matrix [n(l-1), n(l)] or a bias [1, n(l)], by its name."""
        layer = int(parameter[1:])
        return (self.sizes[layer - 1] if parameter[0] == "W" else 1, self.sizes[layer])

    def tensor_shape(self, name: str, batch: int) -> tuple[int, ...]:
        """Return the shape of any tensor of a training step: () for C and alpha, [N, n(l)] for Z(l) and its like.

        Raises ValueError for what is not the name of a tensor.
        """
        parts = read(name)
        if parts.layer is None:
            return {"X": (batch, self.sizes[0]), "y": (batch, self.sizes[-1])}.get(name, ())
        if parts.quantity in ("W", "B"):
            return self.shape(parts.base)
        return (batch, self.sizes[0 if parts.quantity == "S" else parts.layer])

    def count(self, kind: str) -> int:
        """Weights ("W") or biases ("B") in all; the essay's 109,184 and 202, section 2.2.2."""
        shapes = [self.shape(name) for name in self.parameters() if name[0] == kind]
        return sum(rows * columns for rows, columns in shapes)


ESSAY = Network()
