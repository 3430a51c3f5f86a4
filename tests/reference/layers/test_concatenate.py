"""Witnesses of tensors side by side."""

import numpy as np
import pytest

from reference.layers.concatenate import Concatenate
from reference.layers.layer import Place, Source
from reference.network import Node

SHAPES = {-1: ((2, 3), (2, 1), (2, 4)), -2: ((1, 3), (4, 3), (2, 3))}


def rules_of(axis, shapes):
    layer = Concatenate(axis)
    sources = tuple(Source(f"A{k + 1}", 1, shape) for k, shape in enumerate(shapes))
    place = Place(1, 2, sources, "J1", layer.shape(*shapes))
    return list(layer.forward(place)), list(layer.backward(place))


@pytest.mark.parametrize("axis", SHAPES)
def test_it_is_side_by_side(axis):
    rng = np.random.default_rng(0)
    tensors = [rng.normal(size=(5, *shape)) for shape in SHAPES[axis]]
    (forward,), _ = rules_of(axis, SHAPES[axis])
    known = {f"A{k + 1}": tensor for k, tensor in enumerate(tensors)}
    assert np.array_equal(forward(known), np.concatenate(tensors, axis=axis))
    assert not np.array_equal(forward(known), np.concatenate(tensors[::-1], axis=axis))


@pytest.mark.parametrize("axis", SHAPES)
def test_each_tensor_gets_its_part_of_the_gradient(axis):
    shapes = SHAPES[axis]
    dJ = np.random.default_rng(0).normal(size=(5, *Concatenate(axis).shape(*shapes)))
    parts = [rule({"dJ1": dJ}) for rule in rules_of(axis, shapes)[1]]
    ends = np.cumsum([shape[axis] for shape in shapes])[:-1]
    for part, wanted in zip(parts, np.split(dJ, ends, axis=axis), strict=True):
        assert np.array_equal(part, wanted)
    assert not np.array_equal(parts[0], parts[2])


@pytest.mark.parametrize("axis", [0, 1, 1.5, True, None])
def test_a_wrong_axis_is_refused(axis):
    with pytest.raises(ValueError, match="counted from the end"):
        Node(Concatenate(axis))
