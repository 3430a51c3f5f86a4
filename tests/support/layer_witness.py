"""Helpers of the witnesses of several kinds of layer."""

import numpy as np

from reference.layers import activation_named
from tests.support.witness import complex_step, differences, dyadic

N, n = 4, 5
Z, G = dyadic(N, n) + 1 / 64, dyadic(N, n)  # no z at a kink


def apart(found, slopes):
    """The largest difference, in units of the largest slope."""
    return np.max(np.abs(found - slopes)) / np.max(np.abs(slopes))


def slopes_of(text):
    """The slopes of the sum of G f(Z), by the complex step."""
    return differences(complex_step, lambda Z: np.sum(G * activation_named(text).function(Z)), Z)


def back(text, of=None):
    """The way back through an activation, at what another one gave."""
    own, other = activation_named(text), activation_named(of or text)
    return own.back(G, other.function(Z) if own.slope_reads_output else Z)


def way_back_is_the_slope(text, *others):
    """The way back is the slope, and that of these others is not."""
    own, slopes = activation_named(text), slopes_of(text)
    assert apart(back(text), slopes) < 1e-14
    assert apart(G * own.slope(own.function(Z) if own.slope_reads_output else Z), slopes) < 1e-14
    for other in others:
        assert apart(back(other, text), slopes) > 1e-3, other
