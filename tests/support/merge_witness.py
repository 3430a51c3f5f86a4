"""Witnesses that all layers share which join several tensors."""

import numpy as np
import pytest

from reference.layers.layer import Place, Source
from tests.support.layer_witness import G, Z, apart
from tests.support.witness import complex_step, differences

TENSORS = (Z, np.roll(Z, 1, axis=0) + 1 / 32, np.roll(Z, 1, axis=1) - 1 / 16)  # no two equal numbers at a place


def place_of(count, shape=Z.shape[1:]):
    """The place of a layer that joins so many tensors A1, A2, …."""
    sources = tuple(Source(f"A{k + 1}", 1, shape) for k in range(count))
    return Place(1, 2, sources, "J1", shape)


def joins_as(layer, count, scalar):
    """The layer gives what a person computes number by number."""
    tensors = TENSORS[:count]
    by_hand = [[scalar(*numbers) for numbers in zip(*rows, strict=True)] for rows in zip(*tensors, strict=True)]
    assert np.allclose(layer.function(*tensors), by_hand, rtol=1e-15, atol=0)  # one rounding of each operation
    with pytest.raises(ValueError, match="of one shape"):
        layer.shape((3,), (4,))


def gradients_of(layer, count, tensors=TENSORS):
    """The gradients of the tensors by the layer's own rules, from dJ1 = G."""
    known = {f"A{k + 1}": tensor for k, tensor in enumerate(tensors[:count])} | {"dJ1": G}
    return [np.asarray(rule(known)) for rule in layer.backward(place_of(count))]


def ways_back_are_the_slopes(layer, count, step=complex_step):
    """Each gradient is the slope of Σ G·J, and none is that of another tensor unless the two are equal."""
    tensors = TENSORS[:count]
    found = gradients_of(layer, count)
    for k, gradient in enumerate(found):

        def cost(value, k=k):
            return np.sum(G * layer.function(*tensors[:k], value, *tensors[k + 1 :]))

        slopes = differences(step, cost, tensors[k])
        assert apart(gradient, slopes) < (1e-14 if step is complex_step else 1e-8)  # 1e-8: the step of the difference
        assert apart(gradient * 1.001, slopes) > 1e-4
