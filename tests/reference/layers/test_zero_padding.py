"""Witnesses of zero padding: a loop from the definition, the complex step, cropping, and Keras's printed numbers."""

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.cropping import Cropping
from reference.layers.zero_padding import ZeroPadding
from tests.support.selection_witness import examples, given, is_the_loop, text_gives_it_back, way_back_is_the_slope

CASES = [(((1, 2),), (3, 2)), (((0, 3),), (4, 2)), (((1, 1), (1, 1)), (3, 4, 2)), (((2, 0), (0, 1)), (3, 3, 2)),
         (((0, 1), (2, 3)), (4, 3, 1)), (((1, 0), (0, 2), (1, 1)), (2, 3, 2, 2))]  # fmt: skip


def inside(padding):
    """An index of the result shows the example where it lies behind `before` zeros and before the end."""

    def where(o, shape):
        at = [index - before for index, (before, _) in zip(o[:-1], padding, strict=True)]
        there = all(0 <= index < size for index, size in zip(at, shape[:-1], strict=True))
        return (*at, o[-1]) if there else None

    return where


@pytest.mark.parametrize(("padding", "shape"), CASES)
def test_a_loop_gives_it(padding, shape):
    wrong = is_the_loop(ZeroPadding(padding), shape, inside(padding))
    assert {"mirrored in place of zeros", "ones in place of zeros"} <= wrong
    if any(before != after for before, after in padding):
        assert "padding on the other side" in wrong


@pytest.mark.parametrize(("padding", "shape"), CASES)
def test_the_way_back_is_the_slope(padding, shape):
    wrong = way_back_is_the_slope(ZeroPadding(padding), shape)
    assert "mirrored in place of zeros" in wrong


@pytest.mark.parametrize(("padding", "shape"), CASES)
def test_cropping_undoes_it(padding, shape):
    X = examples(shape)
    padded = given(ZeroPadding(padding), X)
    assert np.array_equal(given(Cropping(padding), padded), X) and padded.sum() == X.sum()


def test_keras_prints_these_numbers():
    """Keras: the examples in the docstrings of ZeroPadding1D and ZeroPadding2D."""
    X = np.arange(12).reshape(2, 2, 3)
    zeros = [[0, 0, 0]] * 2
    expected = [[*zeros, [0, 1, 2], [3, 4, 5], *zeros], [*zeros, [6, 7, 8], [9, 10, 11], *zeros]]
    assert given(ZeroPadding(((2, 2),)), X).tolist() == expected
    assert given(ZeroPadding(((1, 3),)), X).tolist() != expected
    row = [[0, 0]] * 4
    found = given(ZeroPadding(((1, 1), (1, 1))), np.arange(4).reshape(1, 1, 2, 2))
    assert found.tolist() == [[row, [[0, 0], [0, 1], [2, 3], [0, 0]], row]]
    assert ZeroPadding(((2, 2),) * 3).shape((1, 2, 2, 3)) == (5, 6, 6, 3)  # ZeroPadding3D


def test_without_padding_nothing_changes():
    X = examples((3, 2))
    assert np.array_equal(given(ZeroPadding(((0, 0),)), X), X)


@pytest.mark.parametrize("words", ["padding=()", "padding=1", "padding=(1, 1)", "padding=((1,),)", "padding=((-1, 1),)",
                                   "padding=((1, 1, 1),)", "padding=((1.0, 1),)", "padding=((True, 1),)",
                                   "padding='same'", "padding=((1, 1), (1, 1), (1, 1), (1, 1))", "padding=None",
                                   "size=1"])  # fmt: skip
def test_fields_that_make_no_layer_are_refused(words):
    with pytest.raises(ValueError):
        layer_named(f"zero_padding({words})")


@pytest.mark.parametrize("shape", [(), (4,), (4, 4), (2, 3, 4, 1)])
def test_inputs_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match="does not fit"):
        ZeroPadding().shape(shape)


@pytest.mark.parametrize("padding", [((1, 1), (1, 1)), ((0, 2),), ((1, 0), (0, 0), (2, 3))])
def test_its_text_gives_it_back(padding):
    text_gives_it_back(ZeroPadding(padding))
