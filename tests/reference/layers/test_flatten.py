"""Witnesses of Flatten: loops from the definition, the complex step, and numbers of the documentation."""

import numpy as np
import pytest

from reference.layers.flatten import Flatten
from reference.layers.layer import Place, Source
from tests.support.selection_witness import given, is_the_loop, text_gives_it_back, way_back_is_the_slope

SHAPES = [(2, 3), (3, 2, 4), (2, 3, 2, 2)]


def where(o, shape):
    """The last axis is the fastest: divide by the lengths, from the last one on."""
    place, at = o[0], []
    for size in reversed(shape):
        at.insert(0, place % size)
        place //= size
    return tuple(at)


def where_channels_first(o, shape):
    """The same, of an example whose first axis has been moved behind the others."""
    *rest, channel = where(o, (*shape[1:], shape[0]))
    return (channel, *rest)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_loop_gives_it(shape):
    wrong = is_the_loop(Flatten(), shape, where)
    assert {"numbers read with the first axis fastest", "rows and columns of what is read exchanged"} <= wrong
    is_the_loop(Flatten(channels_first=True), shape, where_channels_first)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("channels_first", [False, True])
def test_the_way_back_is_the_slope(shape, channels_first):
    way_back_is_the_slope(Flatten(channels_first), shape)


def test_numpy_prints_these_numbers():
    """numpy.ndarray.flatten: [[1, 2], [3, 4]] gives 1, 2, 3, 4, and with order F 1, 3, 2, 4."""
    assert given(Flatten(), [[[1, 2], [3, 4]]]).tolist() == [[1, 2, 3, 4]]
    assert given(Flatten(channels_first=True), [[[1, 2], [3, 4]]]).tolist() == [[1, 3, 2, 4]]


def test_a_row_stays_as_it_is():
    layer = Flatten()
    place = Place(1, 2, (Source("A1", 1, (4,)),), "A1", (4,))
    assert layer.names((4,)) == "" and layer.names((2, 2)) == "F" and layer.shape((4,)) == (4,)
    assert not [*layer.forward(place), *layer.backward(place)]
    assert layer.shape((2, 3, 4)) == (24,) and np.prod(layer.shape(())) == 1


@pytest.mark.parametrize("layer", [Flatten(), Flatten(channels_first=True)])
def test_its_text_gives_it_back(layer):
    text_gives_it_back(layer)
