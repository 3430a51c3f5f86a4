"""Witnesses of a difference of two tensors."""

import numpy as np
import pytest

from reference.layers.subtract import Subtract
from tests.support.layer_witness import G
from tests.support.merge_witness import gradients_of, joins_as, ways_back_are_the_slopes


def test_it_is_the_difference():
    joins_as(Subtract(), 2, lambda a, b: a - b)


def test_the_way_back_is_the_slope():
    ways_back_are_the_slopes(Subtract(), 2)
    first, second = gradients_of(Subtract(), 2)
    assert np.array_equal(first, G) and np.array_equal(second, -G)


def test_three_tensors_have_no_difference():
    with pytest.raises(ValueError, match="two tensors, not 3"):
        Subtract().shape((2,), (2,), (2,))
