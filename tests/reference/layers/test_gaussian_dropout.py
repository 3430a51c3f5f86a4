"""Witnesses of Gaussian dropout: the moments of dropout's own factors, the slope, and wrong options."""

from fractions import Fraction

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.gaussian_dropout import GaussianDropout, times_noise
from tests.support.layer_witness import G, Z, apart
from tests.support.witness import complex_step, differences

E = 1 + 0.3 * np.sin(np.arange(Z.size) * 1.7).reshape(Z.shape)


@pytest.mark.parametrize("rate", [Fraction(1, 10), Fraction(1, 2), Fraction(9, 10)])
def test_its_mean_and_variance_are_those_of_dropout(rate):
    """Dropout multiplies by 1/(1 - rate) with the probability 1 - rate, else by 0."""
    factor, kept = 1 / (1 - rate), 1 - rate
    mean = kept * factor
    variance = kept * factor**2 - mean**2
    layer = GaussianDropout(float(rate))
    assert mean == layer.mean and float(variance) == pytest.approx(layer.standard_deviation**2, rel=1e-14)


def test_the_way_back_is_the_slope():
    slopes = differences(complex_step, lambda A: np.sum(G * times_noise(A, E)), Z)
    assert apart(times_noise(G, E), slopes) < 1e-14 and apart(G, slopes) > 1e-3


@pytest.mark.parametrize("words", ["rate=0.0", "rate=1.0", "rate=1", "rate=-0.5", "deviation=0.5"])
def test_a_rate_that_is_none_is_refused(words):
    with pytest.raises(ValueError):
        layer_named(f"gaussian_dropout({words})")
