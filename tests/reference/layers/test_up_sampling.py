"""Witnesses of up-sampling: a loop from the definition, the complex step, and Keras's printed numbers."""

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.up_sampling import UpSampling
from tests.support.selection_witness import (
    examples,
    given,
    is_the_loop,
    rules_of,
    text_gives_it_back,
    way_back_is_the_slope,
)

CASES = [((2,), (3, 2)), ((3,), (2, 1)), ((2, 2), (3, 3, 2)), ((1, 3), (2, 2, 2)), ((3, 1), (2, 3, 1)),
         ((2, 3), (2, 2, 2)), ((1, 2, 2), (2, 2, 2, 2)), ((2, 1, 3), (2, 2, 1, 2))]  # fmt: skip
COPIES = {"gradient of the first copy alone", "gradient of the first copy lost", "gradients of the copies averaged"}


def nearest(size):
    """An index shows the position whose copies it lies among: the index over the number of copies, rounded down."""
    return lambda o, shape: (*(index // times for index, times in zip(o[:-1], size, strict=True)), o[-1])


@pytest.mark.parametrize(("size", "shape"), CASES)
def test_a_loop_gives_it(size, shape):
    wrong = is_the_loop(UpSampling(size), shape, nearest(size))
    assert {"the whole repeated in place of each position", "zeros in place of the copies"} <= wrong
    assert shape[-1] == 1 or "repeated along the channels" in wrong
    if size == (2, 3):
        assert "sizes of the axes exchanged" in wrong


@pytest.mark.parametrize(("size", "shape"), CASES)
def test_the_way_back_is_the_slope(size, shape):
    wrong = way_back_is_the_slope(UpSampling(size), shape)
    assert COPIES | {"numbers moved by one"} <= wrong


@pytest.mark.parametrize(("size", "shape"), CASES)
def test_every_number_is_there_as_often(size, shape):
    X = examples(shape)
    Y = given(UpSampling(size), X)
    assert Y.sum() == np.prod(size) * X.sum() and len(np.unique(Y)) == X.size
    back = rules_of(UpSampling(size), shape)[1].compute
    assert np.array_equal(back(Y), np.prod(size) * X)  # up and back again


def test_keras_prints_these_numbers():
    """Keras: the examples in the docstrings of UpSampling1D and UpSampling2D."""
    X = np.arange(12).reshape(2, 2, 3)
    first, second = [[0, 1, 2]] * 2 + [[3, 4, 5]] * 2, [[6, 7, 8]] * 2 + [[9, 10, 11]] * 2
    assert given(UpSampling((2,)), X).tolist() == [first, second]
    image = X.reshape(2, 2, 1, 3)
    expected = [[[[0, 1, 2]] * 2, [[3, 4, 5]] * 2], [[[6, 7, 8]] * 2, [[9, 10, 11]] * 2]]
    assert given(UpSampling((1, 2)), image).tolist() == expected
    assert given(UpSampling((2, 1)), image).tolist() != expected


@pytest.mark.parametrize("words", ["size=()", "size=2", "size=(0,)", "size=(-1, 2)", "size=(2.0, 2)", "size=(True,)",
                                   "size='a'", "size=None", "size=(1, 1, 1, 1)", "size=((2,), 2)",
                                   "interpolation='bilinear'"])  # fmt: skip
def test_fields_that_make_no_layer_are_refused(words):
    with pytest.raises(ValueError):
        layer_named(f"up_sampling({words})")


@pytest.mark.parametrize("shape", [(), (4,), (4, 4), (2, 3, 4, 1)])
def test_inputs_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match="do not fit"):
        UpSampling().shape(shape)


@pytest.mark.parametrize("size", [(2, 2), (3,), (1, 2, 3)])
def test_its_text_gives_it_back(size):
    text_gives_it_back(UpSampling(size))
