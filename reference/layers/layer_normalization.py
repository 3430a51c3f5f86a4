"""Layer normalization: numbers with mean 0 and variance 1 over the nodes of one example, then scaled and shifted."""

from dataclasses import dataclass

from reference.layers.layer import Shape
from reference.layers.normalizing import ExampleNormalization, Form, check_axes, check_reach


@dataclass(frozen=True)
class LayerNormalization(ExampleNormalization):
    """N(k) = γ (X - μ) / √(σ² + ε) + β, with μ and σ² of one example over `axes`.  Ba et al. 2016, (4)

    The axes count from the end; each number along them has its own γ and β.
    """

    kind = "layer_normalization"
    source = "Ba et al. 2016, (4)"
    axes: tuple[int, ...] = (-1,)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_axes(self.axes, "layer normalization")

    def form(self, inputs: Shape) -> Form:
        """Return the example as it is.  Raises ValueError if it has no such axes."""
        check_reach(self.axes, inputs)
        rank = len(inputs)
        return Form(inputs, self.axes, tuple(n if k - rank in self.axes else 1 for k, n in enumerate(inputs)))

    def stored(self, inputs: Shape) -> Shape:
        """Return [1, n], or the lengths of several axes."""
        lengths = tuple(inputs[axis] for axis in self.axes)
        return (1, *lengths) if len(lengths) == 1 else lengths
