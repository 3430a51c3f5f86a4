"""A pooling as small as possible: it uses the operations that such layers need."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from reference.layers.layer import Layer
from reference.operations import choose, take
from reference.rule import Rule
from reference.selection import readers_of


@dataclass(frozen=True)
class Pool(Layer):
    """The largest number of each window, or the mean; `pad` zeros around an image."""

    letter = "P"
    counted = True
    largest: bool = True
    size: int = 2
    stride: int = 2
    pad: int = 0

    def places(self, shape):
        """[rows, columns, channels, size · size]"""
        h, w, c = shape
        k = np.arange(self.size)
        rows, columns = (np.arange(-self.pad, n - self.size + 1 + self.pad, self.stride)[:, None] + k for n in (h, w))
        i, j = rows[:, None, None, :, None], columns[None, :, None, None, :]
        inside = (i >= 0) & (i < h) & (j >= 0) & (j < w)
        table = np.where(inside, (i * w + j) * c + np.arange(c)[:, None, None], -1)
        return table.reshape(*table.shape[:3], -1)

    def shape(self, *inputs):
        return self.places(inputs[0]).shape[:-1]

    def forward(self, place):
        compute = partial(largest if self.largest else mean, places=self.places(place.inputs))
        yield Rule(place.gives, "pool", (place.reads,), compute, place.number, "forward", kind="Pool")

    def backward(self, place):
        places = self.places(place.inputs)
        readers = readers_of(places, place.inputs)
        readers = np.where(readers < 0, -1, readers // places.shape[-1])
        inputs, compute = (place.gradient_in,), partial(mean_back, readers=readers, count=places.shape[-1])
        if self.largest:
            inputs, compute = (place.gradient_in, place.reads, place.gives), partial(largest_back, readers=readers)
        yield Rule(place.gradient_out, "pool", inputs, compute, place.below, "backward", kind="Pool")


def largest(X, places):
    """The largest of each window."""
    return np.max(take(X, places), axis=-1)


def largest_back(dP, X, P, readers):
    """The gradient of each window, where its largest number is this one."""
    return np.sum(choose(X[..., None] >= take(P, readers), take(dP, readers), 0.0), axis=-1)


def mean(X, places):
    """The mean of each window."""
    return np.sum(take(X, places), axis=-1) * (1 / places.shape[-1])


def mean_back(dP, readers, count):
    """An equal part of the gradient of each window."""
    return np.sum(take(dP, readers), axis=-1) * (1 / count)
