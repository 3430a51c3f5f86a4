"""Witnesses of global average pooling."""

import numpy as np
import pytest

from reference.layers.global_average_pooling import GlobalAveragePooling, channel_means
from tests.support.layer_witness import apart
from tests.support.pooling_witness import numbers_of, rules_of
from tests.support.witness import complex_step, differences

SHAPES = [(3, 4, 2), (5, 3), (2, 2, 3, 1)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("keepdims", [False, True])
def test_it_is_the_mean_of_each_channel(shape, keepdims):
    layer = GlobalAveragePooling(keepdims)
    X, dP = numbers_of(layer, shape)
    forward, backward = rules_of(layer, shape)
    found, positions = forward({"A": X}), int(np.prod(shape[:-1]))
    for n, channel in np.ndindex(len(X), shape[-1]):
        mean = sum(X[n, ..., channel].ravel().tolist()) / positions
        assert abs(found[n].ravel()[channel] - mean) <= 1e-15 * abs(mean)  # one rounding of the division
    assert found.shape == dP.shape
    slopes = differences(complex_step, lambda value: np.sum(dP * channel_means(value, dP.shape[1:])), X)
    assert apart(backward({"dP1": dP}), slopes) < 1e-14 < apart(backward({"dP1": dP}) * 1.001, slopes)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="positions and channels"):
        GlobalAveragePooling().shape((4,))
    with pytest.raises(ValueError, match="keepdims"):
        GlobalAveragePooling(1)
