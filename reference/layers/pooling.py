"""The base class of the layers that pool: each number of the output comes from a window of one channel."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any, ClassVar

import numpy as np

from reference.layers.convolution import slid
from reference.layers.layer import LARGEST, Layer, Place, Shape
from reference.rule import Rule
from reference.selection import Places, readers_of
from reference.sliding import Sizes, Sliding, windows

FORMS = ("valid", "same")
Function = Callable[..., Any]


@dataclass(frozen=True)
class Pooling(Layer):
    """P(k): a number for each window and channel. `size` has one number for each axis that the window slides along.

    `strides` () stand for `size`: then the windows do not overlap. Cells of the padding "same" do not count.
    `averages`: it multiplies by one over the number of cells.
    """

    letter = "P"
    counted = True
    averages: ClassVar[bool] = False
    size: Sizes = (2, 2)
    strides: Sizes = ()
    padding: str = "valid"

    def __post_init__(self) -> None:
        axes = len(self.size) if isinstance(self.size, tuple) else 0
        for name, sizes, lengths in (("size", self.size, (1, 2, 3)), ("strides", self.strides, (0, axes))):
            is_tuple = isinstance(sizes, tuple) and len(sizes) in lengths
            if not is_tuple or any(type(n) is not int or n < 1 for n in sizes):
                raise ValueError(f"{name} must be whole numbers of at least 1, one for each axis, not {sizes!r}")
            if any(n > LARGEST for n in sizes):
                raise ValueError(f"{name} must be whole numbers of at most {LARGEST:,}")
        if self.padding not in FORMS:
            raise ValueError(f"padding {self.padding!r} is not one of {', '.join(FORMS)}")

    def sliding(self, inputs: Shape) -> Sliding:
        """Return how the window slides over one example.  Raises ValueError if it does not fit."""
        if len(inputs) != len(self.size) + 1:
            axes = "axis" if len(self.size) == 1 else "axes"
            raise ValueError(f"a window of {len(self.size)} {axes} does not fit examples of the shape {list(inputs)}")
        return slid(inputs[:-1], self.size, self.strides or self.size, (1,) * len(self.size), self.padding)

    def shape(self, *inputs: Shape) -> Shape:
        """Return (*outputs, channels).  Raises ValueError if the window does not fit."""
        return (*self.sliding(inputs[0]).outputs, inputs[0][-1])

    def table(self, place: Place) -> int:
        """Return how many places the tables of the windows have."""
        sliding = self.sliding(place.inputs)
        back = prod(sliding.inputs) * self.shown(sliding) if place.needs_gradient else 0
        return (prod(sliding.outputs) + back) * prod(sliding.kernel) * place.inputs[-1]

    def shown(self, sliding: Sliding) -> int:
        """Return how many times as often as it has cells a window may show a number."""
        return 1

    def functions(self, place: Place) -> tuple[Function, Function, tuple[str, ...]]:
        """Return the function that gives P(k), the way back, and what the way back reads."""
        raise NotImplementedError

    def otherwise(self, place: Place) -> tuple[Function, ...]:
        """Return the ways back that a compiler may take in place of that one, all of them right."""
        return ()

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of P(k)."""
        compute = self.functions(place)[0]
        read, scales = (place.reads,), self.averages
        yield Rule(place.gives, SOURCE, read, compute, place.number, "forward", kind=self.kind, scales=scales)

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of the gradient of what the layer reads, if it is needed."""
        if place.needs_gradient:
            _, compute, inputs = self.functions(place)
            yield Rule(
                place.gradient_out,
                SOURCE,
                inputs,
                compute,
                place.below,
                "backward",
                kind=self.kind,
                scales=self.averages,
                otherwise=self.otherwise(place),
            )


SOURCE = "Goodfellow et al. 2016, 9.3"


@lru_cache(maxsize=16)
def cells(sliding: Sliding, channels: int, column_last: bool = False) -> tuple[Places, Places]:
    """Return the places of the cells of each window, and where each cell is shown.  Goodfellow et al. 2016, 9.3

    The cells of a window follow each other row by row; with `column_last`, those of its last column come after all
    others. The first table [P, K, channels] has the first cell of the window in place of each cell of the padding: so
    nothing is added to a window, and the first of its largest cells stays the first. The second
    [*inputs, channels, m] has the places in the first table, -1 to fill up.
    """
    places = windows(sliding, channels)
    if column_last:
        order = np.arange(places.shape[1]).reshape(sliding.kernel)
        places = places[:, np.concatenate((order[..., :-1].ravel(), order[..., -1].ravel()))]
    first = np.argmax(places >= 0, axis=1)[:, None, :]
    filled = np.where(places >= 0, places, np.take_along_axis(places, first, axis=1))
    return filled, readers_of(filled, (*sliding.inputs, channels))


@lru_cache(maxsize=16)
def counts(sliding: Sliding) -> Any:
    """How many cells of the example each window has; the padding does not count.  -> [P, 1].  Keras: AveragePooling"""
    return np.sum(windows(sliding, 1) >= 0, axis=1)
