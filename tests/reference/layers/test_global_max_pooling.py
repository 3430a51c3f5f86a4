"""Witnesses of global max pooling."""

import numpy as np
import pytest

from reference.layers.global_max_pooling import GlobalMaxPooling, channel_largest
from tests.support.layer_witness import apart
from tests.support.pooling_witness import numbers_of, rules_of
from tests.support.witness import central, differences

SHAPES = [(3, 4, 2), (5, 3), (2, 2, 3, 1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("keepdims", [False, True])
def test_it_is_the_largest_of_each_channel(shape, keepdims):
    layer = GlobalMaxPooling(keepdims)
    X, dP = numbers_of(layer, shape)
    forward, backward = rules_of(layer, shape)
    found = forward({"A": X})
    for n, channel in np.ndindex(len(X), shape[-1]):
        assert found[n].ravel()[channel] == max(X[n, ..., channel].ravel().tolist())
    slopes = differences(central, lambda value: np.sum(dP * channel_largest(value, dP.shape[1:])), X)
    way_back = backward({"dP1": dP, "A": X})
    assert apart(way_back, slopes) < 1e-8 < apart(way_back * 1.001, slopes)  # 1e-8: the step of the difference


def test_equal_numbers_share_the_gradient():
    """As TensorFlow's reduce_max: each of m equal numbers gets 1/m."""
    X, dP = np.zeros((1, 2, 2, 1)), np.array([[6.0]])
    X[0, 0, 1] = X[0, 1, 0] = X[0, 1, 1] = 3
    _, backward = rules_of(GlobalMaxPooling(), (2, 2, 1))
    assert backward({"dP1": dP, "A": X}).ravel().tolist() == [0.0, 2.0, 2.0, 2.0]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="positions and channels"):
        GlobalMaxPooling().shape((4,))
