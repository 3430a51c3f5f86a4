"""Witnesses of a rescaling: rational numbers, and the complex step."""

import numpy as np

from reference.layers.rescaling import rescaled, rescaled_gradient
from tests.support.layer_witness import G, Z, apart
from tests.support.witness import complex_step, differences


def test_each_number_is_written_out():
    assert np.array_equal(rescaled(Z, 0.125, -0.5), Z / 8 - 1 / 2)
    assert not np.array_equal(rescaled(Z, 0.125, -0.5), (Z - 1 / 2) / 8)


def test_the_way_back_is_the_slope():
    slopes = differences(complex_step, lambda X: np.sum(G * rescaled(X, 0.125, -0.5)), Z)
    assert apart(rescaled_gradient(G, 0.125), slopes) < 1e-14
