"""Witnesses of hard SiLU: the complex step, its kinks, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers.hard_silu import hard_silu, hard_silu_backward, hard_silu_slope
from tests.support.layer_witness import Z, way_back_is_the_slope


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("hard_silu", "relu", "linear", "silu", "hard_sigmoid")


def test_between_its_kinks_it_is_a_parabola_and_beyond_them_it_is_0_and_z():
    np.testing.assert_allclose(hard_silu(Z), Z * (Z + 3) / 6, atol=1e-15)  # a few roundings of numbers below 2
    ends = np.array([-1000.0, -3.0, 3.0, 1000.0])
    assert hard_silu(ends).tolist() == [0, 0, 3, 1000]
    assert hard_silu_slope(ends).tolist() == [0, 0, 1, 1]
    assert hard_silu_backward(2 * np.ones(4), ends).tolist() == [0, 0, 2, 2]
    assert hard_silu_slope(np.array([-1.5, 0.0])).tolist() == [pytest.approx(0, abs=1e-16), 0.5]  # -1.5: its minimum
