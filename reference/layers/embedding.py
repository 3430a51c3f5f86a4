"""The Embedding layer: each whole number is replaced by a row of a table, which training changes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.layers.layer import Layer, Place, SentRows, Shape
from reference.operations import added_rows, chosen_rows
from reference.rule import Rule
from reference.tensor_names import gradient, of_layer

SOURCE = "Bengio et al. 2003"


def rows_of(X: Any, W: Any) -> Any:
    """Z_{i,t} = W_{x_{i,t}}, the row of the table with this number.  Bengio et al. 2003, section 2

    It is the product of W with one-hot rows. X [N, ...] (whole numbers from 0), W [V, n] -> [N, ..., n]
    """
    return chosen_rows(W, X)


def row_gradient(X: Any, dZ: Any, rows: int) -> Any:
    """dW_k = the sum of dZ_{i,t} over all places with x_{i,t} = k; 0 for a row that is not used.  Bengio et al. 2003

    X [N, ...] (whole numbers from 0), dZ [N, ..., n] -> [V, n], V = `rows`
    """
    return added_rows(0, dZ, X, np.arange(rows))


@dataclass(frozen=True)
class Embedding(Layer):
    """Z(l) = for each whole number that the layer reads, this row of W(l), with `nodes` n(l).  Bengio et al. 2003

    W(l) has `rows` V rows, counted from 0. Where `frozen`, a training does not change it.
    """

    kind = "embedding"
    letter = "Z"
    begins = True
    rows: int = 2
    nodes: int = 1
    frozen: bool = False

    def __post_init__(self) -> None:
        for name in ("rows", "nodes"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, not {getattr(self, name)!r}")
        if type(self.frozen) is not bool:
            raise ValueError(f"frozen must be True or False, not {self.frozen!r}")

    def shape(self, *inputs: Shape) -> Shape:
        """Return (…, n(l)): each number of an example gives a row."""
        return (*inputs[0], self.nodes)

    def parameters(self, place: Place) -> dict[str, Shape]:
        """Return the shape of W(l), [V, n(l)]."""
        return {of_layer("W", place.owner): (self.rows, self.nodes)}

    def learned(self, place: Place) -> dict[str, Shape]:
        """Return the shape of W(l), or none if it is frozen."""
        return {} if self.frozen else self.parameters(place)

    def sent_rows(self, place: Place) -> SentRows | None:
        """Return what the layer reads, the gradient of what it gives, and V."""
        return SentRows(place.reads, place.gradient_in, self.rows)

    def forward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of Z(l)."""
        inputs = (place.reads, *self.parameters(place))
        yield Rule(place.gives, SOURCE, inputs, rows_of, place.number, "forward", kind=self.kind)

    def backward(self, place: Place) -> Iterator[Rule]:
        """Yield the rule of dW(l). What the layer reads are whole numbers, which have no gradient."""
        compute, inputs = partial(row_gradient, rows=self.rows), (place.reads, place.gradient_in)
        for P in self.learned(place):
            yield Rule(gradient(P), SOURCE, inputs, compute, place.number, "backward", kind=self.kind)
