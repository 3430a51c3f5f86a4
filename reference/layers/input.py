"""The input: the pixels of an image, or any other numbers of an example."""

from dataclasses import dataclass

from reference.layers.layer import Layer, Shape


@dataclass(frozen=True)
class Input(Layer):
    """X [N, n(0)]: `nodes` numbers an example, an image as one row.  Section 1.2"""

    kind = "input"
    nodes: int = 784

    def __post_init__(self) -> None:
        if type(self.nodes) is not int or self.nodes < 1:
            raise ValueError(f"an input needs at least one number, not {self.nodes!r}")

    def shape(self, inputs: Shape) -> Shape:
        """Return (n(0),): one example is one row."""
        return (self.nodes,)
