"""Witnesses of the convolution: six loops, the complex step, TensorFlow's printed numbers, and shifts."""

from itertools import product

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.convolution import Convolution
from tests.support.sliding_witness import N, gradients_are_slopes, meetings, rules_of, same_as_the_loop
from tests.support.witness import dyadic

CASES = {
    "two axes": (Convolution((3, 2), filters=4), (5, 4, 3)),
    "same": (Convolution((2, 2), padding="same", filters=3), (4, 5, 2)),
    "same with strides": (Convolution((3, 3), (2, 2), padding="same", filters=2), (6, 4, 2)),
    "strides": (Convolution((2, 3), (1, 2), filters=2, bias=False), (4, 7, 2)),
    "dilation": (Convolution((2, 2), dilation=(2, 1), filters=3), (5, 4, 2)),
    "same with dilation": (Convolution((2, 2), dilation=(1, 3), padding="same", filters=2), (5, 5, 2)),
    "groups": (Convolution((2, 2), filters=6, groups=2), (4, 4, 4)),
    "one axis": (Convolution((3,), filters=2), (6, 3)),
    "causal": (Convolution((3,), dilation=(2,), padding="causal", filters=2), (7, 2)),
    "causal with strides": (Convolution((2,), (2,), padding="causal", filters=3), (7, 2)),
    "three axes": (Convolution((2, 1, 2), padding="same", filters=2), (3, 3, 4, 2)),
}


def six_loops(layer, X, W):
    """Z from the definition, with a loop for examples, positions, offsets, channels and filters."""
    channels, filters = W.shape[-2:]
    Z = np.zeros((len(X), *layer.shape(X.shape[1:])))
    for (o, k, i), n, c, f in product(meetings(layer, X.shape[1:-1]), range(len(X)), range(channels), range(filters)):
        first = f // (filters // layer.groups) * channels  # the first channel of the filter's group
        Z[(n, *o, f)] += X[(n, *i, first + c)] * W[(*k, c, f)]
    return Z


@pytest.mark.parametrize("name", CASES)
def test_six_loops_give_it(name):
    same_as_the_loop(*CASES[name], six_loops)


@pytest.mark.parametrize("name", CASES)
def test_the_gradients_are_the_slopes(name):
    gradients_are_slopes(*CASES[name])


COUNTED = {  # tensorflow/python/kernel_tests/nn_ops/conv_ops_test.py: inputs and kernels count 1, 2, 3, …
    "testConv2D1x1Filter": (Convolution((1, 1), filters=3), (2, 3, 3),
                            [30, 36, 42, 66, 81, 96, 102, 126, 150, 138, 171, 204, 174, 216, 258, 210, 261, 312]),
    "testConv2D2x2Filter": (Convolution((2, 2), filters=3), (2, 3, 3), [2271, 2367, 2463, 2901, 3033, 3165]),
    "testConv2D1x2Filter": (Convolution((1, 2), filters=3), (2, 3, 3),
                            [231, 252, 273, 384, 423, 462, 690, 765, 840, 843, 936, 1029]),
    "testConv2D2x2FilterStride2": (Convolution((2, 2), (2, 2), filters=3), (2, 3, 3), [2271, 2367, 2463]),
    "testConv2D2x2FilterStride2Same": (Convolution((2, 2), (2, 2), padding="same", filters=3), (2, 3, 3),
                                       [2271, 2367, 2463, 1230, 1305, 1380]),
    "testConv2D2x2FilterStride1x2": (Convolution((2, 2), (1, 2)), (3, 6, 1), [58, 78, 98, 118, 138, 158]),
    "testConv2DKernelSmallerThanStrideValid": (Convolution((2, 2), (3, 3)), (7, 7, 1), [65, 95, 275, 305]),
    "conv2d_test.py, testConv2D2x2FilterDilation": (Convolution((2, 2), dilation=(1, 2), filters=3), (2, 3, 3),
                                                    [2667, 2781, 2895]),
}  # fmt: skip


def counted(*shape):
    return np.arange(1.0, np.prod(shape) + 1).reshape(shape)


@pytest.mark.parametrize("name", COUNTED)
def test_tensorflow_prints_these_numbers(name):
    layer, shape, expected = COUNTED[name]
    Z = rules_of(layer, shape)["Z"].compute
    X, W = counted(1, *shape), counted(*layer.weights(shape))
    assert Z(X, W).ravel().tolist() == expected
    if max(layer.kernel) > 1:
        assert Z(X, W[::-1, ::-1]).ravel().tolist() != expected  # a true convolution


def test_tensorflow_pads_the_end_first():
    """tensorflow#17654: a kernel of 0…8, strides 2, SAME, inputs of ones."""
    kernel = np.arange(9.0).reshape(3, 3, 1, 1)
    layer = Convolution((3, 3), (2, 2), padding="same", bias=False)
    found = {
        size: rules_of(layer, (size, size, 1))["Z"].compute(np.ones((1, size, size, 1)), kernel) for size in (1, 2)
    }
    assert found[2].ravel().tolist() == [8] and found[1].ravel().tolist() == [4]
    assert kernel[1:, 1:].sum() == 24 != found[2].sum() == kernel[:2, :2].sum()  # one zero at the start gives 24


def test_tensorflow_prints_these_gradients():
    """conv_ops_test.py, testConv2D2x2Depth1Valid…: all that is given counts 1, 2, 3, …; and XLA's conv2d_test.py."""
    rules = rules_of(Convolution((2, 2)), (2, 3, 1))
    X, W, dZ = counted(1, 2, 3, 1), counted(2, 2, 1, 1), counted(1, 1, 2, 1)
    assert rules["dX"].compute(dZ, W).ravel().tolist() == [1, 4, 4, 3, 10, 8]
    assert rules["dW"].compute(X, dZ).ravel().tolist() == [5, 8, 14, 17]
    assert rules["dX"].compute(dZ, W[::-1, ::-1]).ravel().tolist() != [1, 4, 4, 3, 10, 8]
    same = rules_of(Convolution((2, 2), padding="same", filters=3), (2, 3, 3))["dX"].compute
    expected = [14, 32, 50, 100, 163, 226, 217, 334, 451, 190, 307, 424, 929, 1217, 1505, 1487, 1883, 2279]
    assert same(counted(1, 2, 3, 3), counted(2, 2, 3, 3)).ravel().tolist() == expected


def test_a_shifted_input_gives_a_shifted_output():
    """Goodfellow et al. 2016, section 9.2: equivariance to translation. Zeros at the border break it."""
    X, W = dyadic(N, 7, 3), dyadic(3, 3, 2)
    shifted = np.concatenate([dyadic(N, 1, 3), X[:, :-1]], axis=1)
    moved = {p: rules_of(Convolution((3,), padding=p, filters=2), (7, 3))["Z"].compute for p in ("valid", "same")}
    assert np.array_equal(moved["valid"](shifted, W)[:, 1:], moved["valid"](X, W)[:, :-1])
    assert not np.array_equal(moved["same"](shifted, W)[:, 1:], moved["same"](X, W)[:, :-1])


@pytest.mark.parametrize("name", CASES)
def test_its_text_gives_it_back(name):
    layer, _ = CASES[name]
    assert layer_named(str(layer)) == layer


@pytest.mark.parametrize("words", ["filters=0", "filters=2.0", "filters=True", "kernel=()", "kernel=(0, 1)", "kernel=3",
                                   "kernel=(2.0, 2)", "kernel=(1, 1, 1, 1)", "strides=(1,)", "strides=(0, 1)",
                                   "strides=2", "dilation=(1, 1, 1)", "dilation='a'", "padding='full'", "padding=1",
                                   "padding='causal'", "bias=1", "frozen=None", "groups=0", "groups=2",
                                   "kernel=((1,), 1)", "size=3"])  # fmt: skip
def test_fields_that_make_no_layer_are_refused(words):
    with pytest.raises(ValueError):
        layer_named(f"convolution({words})")


@pytest.mark.parametrize(
    ("layer", "shape", "word"),
    [
        (Convolution(), (4, 4), "channels"),
        (Convolution(), (4, 4, 4, 1), "channels"),
        (Convolution(), (2, 4, 1), "too long"),
        (Convolution((2,), dilation=(4,)), (4, 1), "too long"),
        (Convolution((1,), filters=2, groups=2), (4, 3), "groups"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(layer, shape, word):
    with pytest.raises(ValueError, match=word):
        layer.shape(shape)
