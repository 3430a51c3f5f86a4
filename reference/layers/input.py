"""The input: the pixels of an image, or any other numbers of an example."""

from dataclasses import dataclass

from reference.layers.layer import Layer, Shape


@dataclass(frozen=True)
class Input(Layer):
    """X [N, n(0)]: `nodes` numbers an example, an image as one row; or X [N, …], if `nodes` is a shape.  Section 1.2"""

    kind = "input"
    nodes: int | Shape = 784

    def __post_init__(self) -> None:
        sizes = self.nodes if isinstance(self.nodes, tuple) else (self.nodes,)
        if not sizes or any(type(n) is not int or n < 1 for n in sizes):
            raise ValueError(f"an input needs at least one number, not {self.nodes!r}")

    def shape(self, *inputs: Shape) -> Shape:
        """Return the shape of one example: (n(0),) if it is one row."""
        return self.nodes if isinstance(self.nodes, tuple) else (self.nodes,)
