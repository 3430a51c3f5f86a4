"""Witnesses of the largest of several tensors."""

import numpy as np

from reference.layers.maximum import Maximum
from tests.support.layer_witness import G, Z
from tests.support.merge_witness import gradients_of, joins_as, ways_back_are_the_slopes
from tests.support.witness import central


def test_it_is_the_largest():
    joins_as(Maximum(), 2, max)
    joins_as(Maximum(), 3, max)


def test_the_way_back_is_the_slope():
    ways_back_are_the_slopes(Maximum(), 2, central)
    ways_back_are_the_slopes(Maximum(), 3, central)


def test_of_equal_numbers_the_first_gets_the_gradient():
    """TensorFlow: x >= y chooses x."""
    first, second, third = gradients_of(Maximum(), 3, (Z, Z, Z - 1))
    assert np.array_equal(first, G) and not second.any() and not third.any()
    first, second, third = gradients_of(Maximum(), 3, (Z - 1, Z, Z))
    assert np.array_equal(second, G) and not first.any() and not third.any()


def test_the_gradients_add_up_to_the_whole():
    assert np.array_equal(sum(gradients_of(Maximum(), 3)), G)
