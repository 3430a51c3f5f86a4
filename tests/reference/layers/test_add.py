"""Witnesses of a sum of several tensors."""

import numpy as np

from reference.layers.add import Add
from tests.support.layer_witness import G
from tests.support.merge_witness import gradients_of, joins_as, ways_back_are_the_slopes


def test_it_is_the_sum():
    joins_as(Add(), 2, lambda a, b: a + b)
    joins_as(Add(), 3, lambda a, b, c: a + b + c)


def test_the_way_back_is_the_slope():
    ways_back_are_the_slopes(Add(), 2)
    ways_back_are_the_slopes(Add(), 3)


def test_every_branch_gets_the_whole_gradient():
    assert all(np.array_equal(gradient, G) for gradient in gradients_of(Add(), 3))
