"""Witnesses of the depthwise convolution: loops, the complex step, TensorFlow's printed numbers, and separability."""

from itertools import product

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.convolution import Convolution
from reference.layers.depthwise_convolution import DepthwiseConvolution
from tests.support.sliding_witness import gradients_are_slopes, meetings, numbers_of, rules_of, same_as_the_loop

CASES = {
    "two axes": (DepthwiseConvolution((3, 2), multiplier=2), (5, 4, 3)),
    "same": (DepthwiseConvolution((2, 2), padding="same", multiplier=2), (4, 5, 2)),
    "same with strides": (DepthwiseConvolution((3, 3), (2, 2), padding="same", bias=False), (6, 4, 2)),
    "dilation": (DepthwiseConvolution((2, 2), dilation=(2, 1)), (5, 4, 2)),
    "strides and dilation": (DepthwiseConvolution((2, 2), (2, 1), (1, 2), "same", multiplier=3), (5, 5, 2)),
    "one axis": (DepthwiseConvolution((3,), multiplier=2), (6, 3)),
}


def loops(layer, X, W):
    """Z from the definition, with a loop for examples, positions, offsets, channels and kernels of a channel."""
    channels, multiplier = W.shape[-2:]
    Z = np.zeros((len(X), *layer.shape(X.shape[1:])))
    for (o, k, i), n, c, j in product(
        meetings(layer, X.shape[1:-1]), range(len(X)), range(channels), range(multiplier)
    ):
        Z[(n, *o, c * multiplier + j)] += X[(n, *i, c)] * W[(*k, c, j)]
    return Z


@pytest.mark.parametrize("name", CASES)
def test_loops_give_it(name):
    same_as_the_loop(*CASES[name], loops)


@pytest.mark.parametrize("name", CASES)
def test_the_gradients_are_the_slopes(name):
    gradients_are_slopes(*CASES[name])


def test_tensorflow_prints_these_numbers():
    """depthwise_conv_op_test, testConv2D2x2Filter: inputs [1, 2, 3, 2] and kernels [2, 2, 2, 2] count 1, 2, 3, …"""
    Z = rules_of(DepthwiseConvolution((2, 2), multiplier=2, bias=False), (2, 3, 2))["Z"].compute
    X, W = np.arange(1.0, 13).reshape(1, 2, 3, 2), np.arange(1.0, 17).reshape(2, 2, 2, 2)
    expected = [196, 216, 272, 296, 252, 280, 344, 376]
    assert Z(X, W).ravel().tolist() == expected
    assert Z(X, W.swapaxes(2, 3)).ravel().tolist() != expected  # the two numbers of a channel exchanged
    assert Z(X, W[::-1, ::-1]).ravel().tolist() != expected


@pytest.mark.parametrize("name", ["two axes", "same with strides", "one axis"])
def test_it_is_a_convolution_whose_kernel_is_0_between_channels(name):
    own, shape = CASES[name]
    X, W, _, _ = numbers_of(own, shape)
    channels, multiplier = W.shape[-2:]
    whole = Convolution(own.kernel, own.strides, own.dilation, own.padding, filters=channels * multiplier)
    kernel = np.zeros((*own.kernel, channels, channels * multiplier))
    for c in range(channels):
        kernel[..., c, c * multiplier : (c + 1) * multiplier] = W[..., c, :]
    Z = rules_of(whole, shape)["Z"].compute(X, kernel)
    assert np.array_equal(rules_of(own, shape)["Z"].compute(X, W), Z)
    mixed = rules_of(whole, shape)["Z"].compute(X, kernel[..., ::-1, :])
    assert not np.array_equal(mixed, Z)


def test_a_separable_convolution_is_one_convolution_with_the_product_of_both_kernels():
    """Chollet 2017: depthwise, then 1x1, is a convolution whose kernel is Σ_j depthwise[k, c, j] pointwise[cj, f]."""
    own, shape = DepthwiseConvolution((2, 3), multiplier=2, bias=False), (4, 5, 3)
    X, W, _, _ = numbers_of(own, shape)
    pointwise = np.arange(-6.0, 6).reshape(1, 1, 6, 2)
    inner = rules_of(own, shape)["Z"].compute(X, W)
    outer = rules_of(Convolution((1, 1), filters=2), own.shape(shape))["Z"].compute(inner, pointwise)
    whole = np.einsum("abcj,cjf->abcf", W, pointwise.reshape(3, 2, 2))
    assert np.array_equal(outer, rules_of(Convolution((2, 3), filters=2), shape)["Z"].compute(X, whole))
    wrong = np.einsum("abcj,jcf->abcf", W, pointwise.reshape(2, 3, 2))
    assert not np.array_equal(outer, rules_of(Convolution((2, 3), filters=2), shape)["Z"].compute(X, wrong))


@pytest.mark.parametrize("name", CASES)
def test_its_text_gives_it_back(name):
    layer, _ = CASES[name]
    assert layer_named(str(layer)) == layer


@pytest.mark.parametrize("words", ["multiplier=0", "multiplier=1.5", "padding='causal'", "kernel=(0,)", "filters=2",
                                   "strides=(1, 2, 3)", "bias='no'"])  # fmt: skip
def test_fields_that_make_no_layer_are_refused(words):
    with pytest.raises(ValueError):
        layer_named(f"depthwise_convolution({words})")


@pytest.mark.parametrize(("shape", "word"), [((4, 1), "channels"), ((2, 5, 1), "too long")])
def test_inputs_that_do_not_fit_are_refused(shape, word):
    with pytest.raises(ValueError, match=word):
        DepthwiseConvolution().shape(shape)
