"""Witnesses of max pooling: window by window in loops, equal numbers, and a published example."""

import numpy as np
import pytest

from reference.layers.max_pooling import MaxPooling, largest_gradient, padded_behind_only
from tests.support.pooling_witness import (
    SETTINGS,
    by_hand,
    first_of_the_largest,
    last_of_the_largest,
    numbers_of,
    rules_of,
)


@pytest.mark.parametrize(("size", "strides", "padding", "shape"), SETTINGS)
@pytest.mark.parametrize("ties", [False, True])
def test_it_is_the_largest_of_each_window(size, strides, padding, shape, ties):
    """All numbers are 64ths, so that sums of gradients are exact."""
    layer = MaxPooling(size, strides, padding)
    X, dP = numbers_of(layer, shape, ties)
    forward, backward = rules_of(layer, shape)
    P, dX = by_hand(layer, X, dP, first_of_the_largest)
    assert np.array_equal(forward({"A": X}), P)
    assert np.array_equal(backward({"A": X, "dP1": dP}), dX)
    wrong = by_hand(layer, X, dP, last_of_the_largest)[1]
    assert np.array_equal(dX, wrong) != ties


def test_an_example_of_keras():
    """Keras's documentation of MaxPooling2D: a 3x3 array, windows of 2x2, stride 1; and stride 2 of a 3x4 array."""
    X = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
    forward, _ = rules_of(MaxPooling((2, 2), (1, 1)), (3, 3, 1))
    assert forward({"A": X}).ravel().tolist() == [5.0, 6.0, 8.0, 9.0]
    X = np.arange(1.0, 13.0).reshape(1, 3, 4, 1)
    forward, _ = rules_of(MaxPooling((2, 2), (2, 2)), (3, 4, 1))
    assert forward({"A": X}).ravel().tolist() == [6.0, 8.0]


def test_the_gradient_of_a_window_is_kept_whole():
    layer = MaxPooling((3, 3), (2, 2), "same")
    X, dP = numbers_of(layer, (7, 6, 2), ties=True)
    for compute in (rules_of(layer, (7, 6, 2))[1].compute, *rules_of(layer, (7, 6, 2))[1].otherwise):
        assert np.array_equal(compute(dP, X).sum(axis=(1, 2)), dP.sum(axis=(1, 2)))


def test_the_way_of_xla_differs_only_where_zeros_stand_behind_the_last_column():
    zeros = np.zeros((1, 8, 8, 1))
    zeros[0, 0, 2] = zeros[0, 1, 0] = 1  # in one window of 3x3: the last of row 0, the first of row 1
    dP = np.arange(1.0, 17.0).reshape(1, 4, 4, 1)
    sliding = MaxPooling((3, 3), (2, 2), "same").sliding((8, 8, 1))
    assert padded_behind_only(sliding)
    assert largest_gradient(dP, zeros, sliding)[0, 0, 2, 0] == 1 + 2  # of the first window, and of the second
    assert largest_gradient(dP, zeros, sliding, column_last=True)[0, 1, 0, 0] == 1
    for layer, shape in (
        (MaxPooling((3, 3), (2, 2), "same"), (7, 7, 1)),
        (MaxPooling(), (8, 8, 1)),
        (MaxPooling((3,), (2,), "same"), (8, 1)),
    ):
        assert not padded_behind_only(layer.sliding(shape)) and rules_of(layer, shape)[1].otherwise == ()


WRONG = {
    "size must be": [
        {"size": (0, 2)},
        {"size": 2},
        {"size": ()},
        {"size": (1, 1, 1, 1)},
        {"strides": (1,)},
        {"strides": (2, 0.5)},
    ],
    "padding": [{"padding": "full"}, {"padding": None}],
}


@pytest.mark.parametrize("options", [options for some in WRONG.values() for options in some])
def test_wrong_options_are_refused(options):
    with pytest.raises(ValueError, match=r"must be whole numbers|is not one of"):
        MaxPooling(**options)


@pytest.mark.parametrize("shape", [(4, 4), (4,), (4, 4, 4, 1), (1, 4, 2)])
def test_shapes_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match=r"does not fit|too long"):
        MaxPooling().shape(shape)
