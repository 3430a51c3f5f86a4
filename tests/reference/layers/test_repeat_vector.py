"""Witnesses of RepeatVector: a loop from the definition, the complex step, and numbers of the documentation."""

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.repeat_vector import RepeatVector
from tests.support.selection_witness import (
    examples,
    given,
    is_the_loop,
    rules_of,
    text_gives_it_back,
    way_back_is_the_slope,
)

CASES = [(2, (3,)), (3, (4,)), (4, (2,)), (3, (3,))]
COPIES = {"gradient of the first copy alone", "gradient of the first copy lost", "gradients of the copies averaged"}


@pytest.mark.parametrize(("times", "shape"), CASES)
def test_a_loop_gives_it(times, shape):
    wrong = is_the_loop(RepeatVector(times), shape, lambda o, shape: (o[1],))
    assert {"each number repeated in place of the row", "zeros in place of the copies"} <= wrong


@pytest.mark.parametrize(("times", "shape"), CASES)
def test_the_way_back_is_the_slope(times, shape):
    wrong = way_back_is_the_slope(RepeatVector(times), shape)
    assert COPIES | {"each number repeated in place of the row", "numbers moved by one"} <= wrong


def test_the_way_back_adds_up_what_was_repeated():
    X = examples((4,))
    assert np.array_equal(rules_of(RepeatVector(3), (4,))[1].compute(given(RepeatVector(3), X)), 3 * X)


def test_numpy_prints_these_numbers():
    """numpy.tile: 1, 2, 3, 4 four times, one below the other."""
    assert given(RepeatVector(4), [[1, 2, 3, 4]]).tolist() == [[[1, 2, 3, 4]] * 4]


def test_once_it_only_adds_an_axis():
    X = examples((4,))
    assert np.array_equal(given(RepeatVector(1), X)[:, 0], X)


def test_keras_documents_this_shape():
    """Keras: RepeatVector(3) of (32,) gives (3, 32)."""
    assert RepeatVector(3).shape((32,)) == (3, 32)


@pytest.mark.parametrize("words", ["times=0", "times=-1", "times=2.0", "times=True", "times='a'", "times=None",
                                   "times=(2,)", "n=2"])  # fmt: skip
def test_fields_that_make_no_layer_are_refused(words):
    with pytest.raises(ValueError):
        layer_named(f"repeat_vector({words})")


@pytest.mark.parametrize("shape", [(), (4, 4), (2, 3, 4)])
def test_inputs_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match="one row"):
        RepeatVector().shape(shape)


@pytest.mark.parametrize("times", [1, 2, 7])
def test_its_text_gives_it_back(times):
    text_gives_it_back(RepeatVector(times))
