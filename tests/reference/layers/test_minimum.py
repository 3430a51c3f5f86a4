"""Witnesses of the smallest of several tensors."""

import numpy as np

from reference.layers.minimum import Minimum
from tests.support.layer_witness import G, Z
from tests.support.merge_witness import gradients_of, joins_as, ways_back_are_the_slopes
from tests.support.witness import central


def test_it_is_the_smallest():
    joins_as(Minimum(), 2, min)
    joins_as(Minimum(), 3, min)


def test_the_way_back_is_the_slope():
    ways_back_are_the_slopes(Minimum(), 2, central)
    ways_back_are_the_slopes(Minimum(), 3, central)


def test_of_equal_numbers_the_first_gets_the_gradient():
    """TensorFlow: x <= y chooses x."""
    first, second, third = gradients_of(Minimum(), 3, (Z, Z, Z - -1))
    assert np.array_equal(first, G) and not second.any() and not third.any()
    first, second, third = gradients_of(Minimum(), 3, (Z - -1, Z, Z))
    assert np.array_equal(second, G) and not first.any() and not third.any()


def test_the_gradients_add_up_to_the_whole():
    assert np.array_equal(sum(gradients_of(Minimum(), 3)), G)
