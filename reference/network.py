"""The network as a value: layer sizes and activations, section 1.2 and Figure 3."""

from __future__ import annotations

from dataclasses import dataclass

from reference.activations import ACTIVATIONS


@dataclass(frozen=True)
class Network:
    """A fully connected network: `sizes` n(0)…n(L), and one activation for each layer 1…L.

    Raises ValueError where the two do not fit, or an activation is not in Table 1.
    Softmax couples the nodes of its layer, so it may stand at the output only.
    """

    sizes: tuple[int, ...] = (784, 128, 64, 10)
    activations: tuple[str, ...] = ("relu", "relu", "softmax")

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or any(n < 1 for n in self.sizes):
            raise ValueError(f"sizes {self.sizes}: at least two layers of at least one node are needed")
        if len(self.activations) != self.depth:
            raise ValueError(f"{self.depth} layers need {self.depth} activations, not {len(self.activations)}")
        for name in self.activations:
            if name not in ACTIVATIONS:
                raise ValueError(f"activation {name!r} is not one of {', '.join(ACTIVATIONS)}")
        if "softmax" in self.activations[:-1]:
            raise ValueError("softmax may stand at the output layer only")

    @property
    def depth(self) -> int:
        """L, the number of layers that compute."""
        return len(self.sizes) - 1

    def parameters(self) -> tuple[str, ...]:
        """W1, B1, … WL, BL."""
        return tuple(f"{kind}{layer}" for layer in range(1, self.depth + 1) for kind in "WB")

    def shape(self, parameter: str) -> tuple[int, int]:
        """Of a weight matrix [n(l-1), n(l)] or a bias [1, n(l)], by its name."""
        layer = int(parameter[1:])
        return (self.sizes[layer - 1] if parameter[0] == "W" else 1, self.sizes[layer])

    def tensor_shape(self, name: str, batch: int) -> tuple[int, ...]:
        """Of any tensor of a training step, by its name: C is a scalar, Q(l) of a batch [N, n(l)]."""
        if name in ("C", "X", "y"):
            return {"C": (), "X": (batch, self.sizes[0]), "y": (batch, self.sizes[-1])}[name]
        core = name.removesuffix("_new").removesuffix("_before").removeprefix("update_")
        core = core.removeprefix("m_").removeprefix("v_").removeprefix("d")
        return self.shape(core) if core[0] in "WB" else (batch, self.sizes[int(core[1:])])

    def count(self, kind: str) -> int:
        """Weights ("W") or biases ("B") in all; the essay's 109,184 and 202, section 2.2.2."""
        shapes = [self.shape(name) for name in self.parameters() if name[0] == kind]
        return sum(rows * columns for rows, columns in shapes)


ESSAY = Network()
