"""Witnesses of a product of several tensors, number by number."""

import numpy as np

from reference.layers.multiply import Multiply
from tests.support.layer_witness import G
from tests.support.merge_witness import TENSORS, gradients_of, joins_as, ways_back_are_the_slopes


def test_it_is_the_product():
    joins_as(Multiply(), 2, lambda a, b: a * b)
    joins_as(Multiply(), 3, lambda a, b, c: a * b * c)


def test_the_way_back_is_the_slope():
    ways_back_are_the_slopes(Multiply(), 2)
    ways_back_are_the_slopes(Multiply(), 3)


def test_a_branch_gets_the_product_of_the_others():
    _, second, _ = gradients_of(Multiply(), 3)
    assert np.allclose(second, G * TENSORS[0] * TENSORS[2], rtol=1e-15)
    assert not np.allclose(second, G * TENSORS[1])
