"""Group normalization: numbers with mean 0 and variance 1 over a group of channels of one example."""

from dataclasses import dataclass

from reference.layers.layer import Shape
from reference.layers.normalizing import ExampleNormalization, Form


@dataclass(frozen=True)
class GroupNormalization(ExampleNormalization):
    """N(k) = γ (X - μ) / √(σ² + ε) + β, with μ and σ² of one example over a group of channels and all positions.

    The last axis has the channels: the first n/groups are a group, and so on. Wu & He 2018, (1), (6), (7)
    """

    kind = "group_normalization"
    source = "Wu & He 2018, (7)"
    groups: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if type(self.groups) is not int or self.groups < 1:
            raise ValueError(f"a group normalization needs at least one group, not {self.groups!r}")

    def form(self, inputs: Shape) -> Form:
        """Return the channels divided into groups.  Raises ValueError if they cannot be."""
        if not inputs or inputs[-1] % self.groups:
            raise ValueError(f"the channels of {list(inputs)} cannot be divided into {self.groups} groups")
        channels = (self.groups, inputs[-1] // self.groups)
        rank = len(inputs) + 1
        axes = tuple(axis for axis in range(-rank, 0) if axis != -2)
        return Form((*inputs[:-1], *channels), axes, (*(1 for _ in inputs[:-1]), *channels))

    def stored(self, inputs: Shape) -> Shape:
        """Return [1, n], n the number of channels."""
        return (1, inputs[-1])
