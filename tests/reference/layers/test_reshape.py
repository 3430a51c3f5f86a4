"""Witnesses of Reshape: a loop that counts, the complex step, and numbers of the documentation."""

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.reshape import Reshape
from tests.support.selection_witness import examples, given, is_the_loop, text_gives_it_back, way_back_is_the_slope

CASES = [((2, 3), (3, 2)), ((12,), (3, 4)), ((12,), (2, 3, 2)), ((3, 4, 2), (4, 6)), ((2, 3, 2), (12,)),
         ((2, 2, 3), (3, 1, 4))]  # fmt: skip


def counting(target):
    """The number at an index of the target is the one that stands at the same number in the row of the example."""
    strides = [int(np.prod(target[k + 1 :])) for k in range(len(target))]

    def where(o, shape):
        place = sum(index * stride for index, stride in zip(o, strides, strict=True))
        at = []
        for size in reversed(shape):
            at.insert(0, place % size)
            place //= size
        return tuple(at)

    return where


@pytest.mark.parametrize(("shape", "target"), CASES)
def test_a_loop_gives_it(shape, target):
    wrong = is_the_loop(Reshape(target), shape, counting(target), least=5)
    assert "numbers moved by one" in wrong
    assert len(shape) == 1 or "numbers read with the first axis fastest" in wrong
    assert len(target) == 1 or {"rows and columns of the result exchanged",
                                "numbers written with the first axis fastest"} & wrong  # fmt: skip


@pytest.mark.parametrize(("shape", "target"), CASES)
def test_the_way_back_is_the_slope(shape, target):
    way_back_is_the_slope(Reshape(target), shape, least=5)


@pytest.mark.parametrize(("shape", "target"), CASES)
def test_it_can_be_undone(shape, target):
    X = examples(shape)
    assert np.array_equal(given(Reshape(shape), given(Reshape(target), X)), X)


def test_tensorflow_prints_these_numbers():
    """tf.reshape: [[1, 2, 3], [4, 5, 6]] to [6]; 1…9 to [3, 3]; [[[1, 1], [2, 2]], [[3, 3], [4, 4]]] to [2, 4]."""
    assert given(Reshape((6,)), [[[1, 2, 3], [4, 5, 6]]]).tolist() == [[1, 2, 3, 4, 5, 6]]
    assert given(Reshape((3, 3)), [range(1, 10)]).tolist() == [[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]
    pairs = [[[[1, 1], [2, 2]], [[3, 3], [4, 4]]]]
    assert given(Reshape((2, 4)), pairs).tolist() == [[[1, 1, 2, 2], [3, 3, 4, 4]]]


@pytest.mark.parametrize("words", ["target=()", "target=3", "target=(0,)", "target=(-1, 2)", "target=(2.0,)",
                                   "target=(True, 2)", "target='a'", "target=None", "target=((1,),)", "shape=(1,)",
                                   ])  # fmt: skip
def test_fields_that_make_no_layer_are_refused(words):
    with pytest.raises(ValueError):
        layer_named(f"reshape({words})")


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="numbers"):
        Reshape((2, 3)).shape((5,))


@pytest.mark.parametrize("target", [(1,), (2, 3), (1, 2, 3, 4)])
def test_its_text_gives_it_back(target):
    text_gives_it_back(Reshape(target))
