"""Witnesses of average pooling: window by window in loops, the complex step, and a published example."""

import numpy as np
import pytest

from reference.layers.average_pooling import AveragePooling, mean
from tests.support.layer_witness import apart
from tests.support.pooling_witness import SETTINGS, by_hand, mean_of_all, numbers_of, rules_of
from tests.support.witness import complex_step, differences


@pytest.mark.parametrize(("size", "strides", "padding", "shape"), SETTINGS)
def test_it_is_the_mean_of_each_window(size, strides, padding, shape):
    """1e-15: a mean is a sum and one division, each rounded once; the numbers are 64ths, so that sums are exact."""
    layer = AveragePooling(size, strides, padding)
    X, dP = numbers_of(layer, shape)
    forward, backward = rules_of(layer, shape)
    P, dX = by_hand(layer, X, dP, mean_of_all)
    assert np.allclose(forward({"A": X}), P, rtol=1e-15, atol=1e-15)
    assert np.allclose(backward({"dP1": dP}), dX, rtol=1e-14, atol=1e-15)
    if padding == "same" and size != (2,):  # the padding does not count
        assert not np.allclose(forward({"A": X}), by_hand(layer, X, dP, lambda c: (sum(c) / np.prod(size), c))[0])


@pytest.mark.parametrize(("size", "strides", "padding", "shape"), SETTINGS[2:5])
def test_the_way_back_is_the_slope(size, strides, padding, shape):
    layer = AveragePooling(size, strides, padding)
    X, dP = numbers_of(layer, shape)
    slopes = differences(complex_step, lambda value: np.sum(dP * mean(value, layer.sliding(shape))), X)
    found = rules_of(layer, shape)[1]({"dP1": dP})
    assert apart(found, slopes) < 1e-14 and apart(found * 1.001, slopes) > 1e-4


def test_an_example_of_keras():
    """Keras's documentation of AveragePooling2D: a 3x3 array, windows of 2x2: stride 1, then stride 1 and "same"."""
    X = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
    assert rules_of(AveragePooling((2, 2), (1, 1)), (3, 3, 1))[0]({"A": X}).ravel().tolist() == [3.0, 4.0, 6.0, 7.0]
    found = rules_of(AveragePooling((2, 2), (1, 1), "same"), (3, 3, 1))[0]({"A": X}).ravel().tolist()
    assert found == [3.0, 4.0, 4.5, 6.0, 7.0, 7.5, 7.5, 8.5, 9.0]


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="does not fit"):
        AveragePooling().shape((4, 4))
    with pytest.raises(ValueError, match="is not one of"):
        AveragePooling(padding="causal")
