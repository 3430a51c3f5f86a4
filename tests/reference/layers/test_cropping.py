"""Witnesses of cropping: a loop from the definition, the complex step, padding, and Keras's printed numbers."""

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.cropping import Cropping
from reference.layers.zero_padding import ZeroPadding
from tests.support.selection_witness import examples, given, is_the_loop, text_gives_it_back, way_back_is_the_slope

CASES = [(((1, 2),), (6, 2)), (((0, 3),), (5, 2)), (((1, 1), (1, 1)), (5, 4, 2)), (((2, 0), (0, 1)), (4, 3, 2)),
         (((0, 1), (2, 1)), (4, 5, 1)), (((1, 0), (0, 2), (1, 1)), (3, 4, 4, 2))]  # fmt: skip


def behind(cropping):
    """An index of the result shows the number that stands `before` positions later."""
    return lambda o, shape: (*(index + before for index, (before, _) in zip(o[:-1], cropping, strict=True)), o[-1])


@pytest.mark.parametrize(("cropping", "shape"), CASES)
def test_a_loop_gives_it(cropping, shape):
    wrong = is_the_loop(Cropping(cropping), shape, behind(cropping))
    if any(before != after for before, after in cropping):
        assert "cropped from the other end" in wrong
    assert {"cropped at the start only", "cropped at the end only"} & wrong


@pytest.mark.parametrize(("cropping", "shape"), CASES)
def test_the_way_back_is_the_slope(cropping, shape):
    wrong = way_back_is_the_slope(Cropping(cropping), shape)
    assert {"cropped at the start only", "cropped at the end only"} & wrong


@pytest.mark.parametrize(("cropping", "shape"), CASES)
def test_its_way_back_is_padding(cropping, shape):
    """What is cropped has no influence: its gradient is 0, and that of the rest stays where it was."""
    layer = Cropping(cropping)
    X = examples(shape)
    back = given(ZeroPadding(cropping), given(layer, X))
    assert (
        np.array_equal(np.where(back == 0, X, back), X) and np.count_nonzero(back == 0) == X.size - given(layer, X).size
    )


def test_keras_prints_these_numbers():
    """Keras: the examples in the docstrings of Cropping1D and Cropping2D."""
    X = np.arange(12).reshape(2, 3, 2)
    assert given(Cropping(((1, 1),)), X).tolist() == [[[2, 3]], [[8, 9]]]
    assert given(Cropping(((2, 0),)), X).tolist() != [[[2, 3]], [[8, 9]]]
    assert Cropping(((2, 2), (4, 4))).shape((28, 28, 3)) == (24, 20, 3)


@pytest.mark.parametrize("words", ["cropping=()", "cropping=1", "cropping=(1, 1)", "cropping=((1,),)",
                                   "cropping=((-1, 1),)", "cropping=((1, 1, 1),)", "cropping=((1.0, 1),)",
                                   "cropping=((True, 1),)", "cropping='a'", "cropping=None", "padding=((1, 1),)",
                                   "cropping=((1, 1), (1, 1), (1, 1), (1, 1))"])  # fmt: skip
def test_fields_that_make_no_layer_are_refused(words):
    with pytest.raises(ValueError):
        layer_named(f"cropping({words})")


@pytest.mark.parametrize(
    ("layer", "shape", "word"),
    [
        (Cropping(), (4, 4), "does not fit"),
        (Cropping(), (4,), "does not fit"),
        (Cropping(), (4, 4, 4, 1), "does not fit"),
        (Cropping(((1, 1),)), (2, 3), "leaves nothing"),
        (Cropping(((0, 0), (3, 1))), (5, 3, 1), "leaves nothing"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(layer, shape, word):
    with pytest.raises(ValueError, match=word):
        layer.shape(shape)


@pytest.mark.parametrize("cropping", [((0, 0), (0, 0)), ((0, 2),), ((1, 0), (0, 0), (2, 3))])
def test_its_text_gives_it_back(cropping):
    text_gives_it_back(Cropping(cropping))
