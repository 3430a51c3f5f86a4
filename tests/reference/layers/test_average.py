"""Witnesses of a mean of several tensors."""

import numpy as np

from reference.layers.average import Average
from tests.support.layer_witness import G
from tests.support.merge_witness import gradients_of, joins_as, ways_back_are_the_slopes


def test_it_is_the_mean():
    joins_as(Average(), 2, lambda a, b: (a + b) / 2)


def test_the_way_back_is_the_slope():
    ways_back_are_the_slopes(Average(), 2)
    ways_back_are_the_slopes(Average(), 3)


def test_the_gradients_add_up_to_that_of_the_mean():
    assert np.allclose(sum(gradients_of(Average(), 3)), G, rtol=1e-15)
