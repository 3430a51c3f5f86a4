"""Witnesses of Permute: a loop from the definition, the complex step, its inverse, and numbers of the documentation."""

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.permute import Permute
from tests.support.selection_witness import examples, given, is_the_loop, text_gives_it_back, way_back_is_the_slope

CASES = [((2, 1), (2, 3)), ((2, 1), (3, 3)), ((1, 3, 2), (2, 3, 4)), ((2, 3, 1), (2, 3, 4)), ((3, 1, 2), (3, 3, 3)),
         ((3, 2, 1), (2, 3, 2)), ((2, 4, 1, 3), (2, 3, 2, 2))]  # fmt: skip


def moved(dims):
    """Axis k of the result is axis dims[k] of the example."""

    def where(o, shape):
        at = [0] * len(shape)
        for k, axis in enumerate(dims):
            at[axis - 1] = o[k]
        return tuple(at)

    return where


@pytest.mark.parametrize(("dims", "shape"), CASES)
def test_a_loop_gives_it(dims, shape):
    wrong = is_the_loop(Permute(dims), shape, moved(dims))
    assert {"reshaped in place of permuted"} <= wrong
    if dims != tuple(np.argsort(dims) + 1):
        assert "the inverse order of the axes" in wrong


@pytest.mark.parametrize(("dims", "shape"), CASES)
def test_the_way_back_is_the_slope(dims, shape):
    way_back_is_the_slope(Permute(dims), shape)


@pytest.mark.parametrize(("dims", "shape"), CASES)
def test_the_inverse_order_undoes_it(dims, shape):
    X = examples(shape)
    inverse = tuple(dims.index(axis) + 1 for axis in range(1, len(dims) + 1))
    assert np.array_equal(given(Permute(inverse), given(Permute(dims), X)), X)
    if inverse != dims and len(set(shape)) == 1:
        assert not np.array_equal(given(Permute(dims), given(Permute(dims), X)), X)


def test_tensorflow_prints_these_numbers():
    """tf.transpose, with the permutations [1, 0] and [0, 2, 1]."""
    assert given(Permute((2, 1)), [[[1, 2, 3], [4, 5, 6]]]).tolist() == [[[1, 4], [2, 5], [3, 6]]]
    X = [[[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]]
    expected = [[[[1, 4], [2, 5], [3, 6]], [[7, 10], [8, 11], [9, 12]]]]
    assert given(Permute((1, 3, 2)), X).tolist() == expected


def test_keras_documents_this_shape():
    """Keras: Permute((2, 1)) of (10, 64) gives (64, 10)."""
    assert Permute((2, 1)).shape((10, 64)) == (64, 10)


@pytest.mark.parametrize("words", ["dims=()", "dims=1", "dims=(0, 1)", "dims=(1, 1)", "dims=(1, 3)", "dims=(2,)",
                                   "dims=(2.0, 1)", "dims=(True,)", "dims=('a', 1)", "dims=None", "dims=(-1, 1)",
                                   "axes=(1,)"])  # fmt: skip
def test_fields_that_make_no_layer_are_refused(words):
    with pytest.raises(ValueError):
        layer_named(f"permute({words})")


@pytest.mark.parametrize("shape", [(), (4,), (2, 3, 4)])
def test_inputs_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match="does not fit"):
        Permute((2, 1)).shape(shape)


@pytest.mark.parametrize("dims", [(1,), (2, 1), (3, 1, 2)])
def test_its_text_gives_it_back(dims):
    text_gives_it_back(Permute(dims))
