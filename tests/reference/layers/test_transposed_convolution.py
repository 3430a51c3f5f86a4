"""Witnesses of the transposed convolution: loops that spread each number, the complex step, and published numbers."""

from itertools import product

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.convolution import Convolution
from reference.layers.transposed_convolution import TransposedConvolution
from tests.support.sliding_witness import (
    gradients_are_slopes,
    meetings,
    numbers_of,
    rules_of,
    same_as_the_loop,
)

CASES = {
    "two axes": (TransposedConvolution((3, 2), filters=4), (3, 4, 2)),
    "strides": (TransposedConvolution((2, 3), (1, 2), filters=2, bias=False), (3, 3, 2)),
    "same": (TransposedConvolution((3, 3), padding="same", filters=2), (3, 4, 3)),
    "same with strides": (TransposedConvolution((3, 3), (2, 2), padding="same", filters=2), (3, 2, 2)),
    "longer": (TransposedConvolution((2, 2), (3, 2), filters=2, more=(2, 1)), (2, 3, 2)),
    "same and longer": (TransposedConvolution((3, 3), (2, 3), padding="same", filters=2, more=(1, 0)), (3, 2, 2)),
    "dilation": (TransposedConvolution((2, 2), dilation=(2, 1), filters=3), (3, 3, 2)),
    "one axis": (TransposedConvolution((3,), (2,), filters=2), (4, 3)),
    "stride above the kernel": (TransposedConvolution((2,), (3,), filters=2), (3, 2)),
    "three axes": (TransposedConvolution((2, 1, 2), (1, 1, 2), padding="same", filters=2), (2, 3, 2, 2)),
}


def spread(layer, X, W):
    """Z from the definition: each number is multiplied by the kernel and added to the window that it belongs to."""
    filters, channels = W.shape[-2:]
    Z = np.zeros((len(X), *layer.shape(X.shape[1:])))
    for (o, k, i), n, f, c in product(meetings(layer, Z.shape[1:-1]), range(len(X)), range(filters), range(channels)):
        Z[(n, *i, f)] += X[(n, *o, c)] * W[(*k, f, c)]
    return Z


@pytest.mark.parametrize("name", CASES)
def test_loops_give_it(name):
    same_as_the_loop(*CASES[name], spread)


@pytest.mark.parametrize("name", CASES)
def test_the_gradients_are_the_slopes(name):
    gradients_are_slopes(*CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_it_is_the_transpose_of_a_convolution(name):
    """Dumoulin & Visin 2016, ch. 4: ⟨convolution of V, X⟩ = ⟨V, transposed convolution of X⟩."""
    layer, shape = CASES[name]
    X, W, _, V = numbers_of(layer, shape)
    back = Convolution(layer.kernel, layer.strides, layer.dilation, layer.padding, filters=shape[-1])
    inner = np.sum(rules_of(back, V.shape[1:])["Z"].compute(V, W) * X)
    plain = rules_of(layer, shape)["Z"].compute
    assert np.sum(V * plain(X, W)) == inner != np.sum(V * plain(X, W[::-1]))


def test_dive_into_deep_learning_prints_these_numbers():
    """Zhang et al., Dive into Deep Learning, section 14.10: inputs and kernel [[0, 1], [2, 3]]."""
    X = np.arange(4.0).reshape(1, 2, 2, 1)
    W = X.reshape(2, 2, 1, 1)
    once = rules_of(TransposedConvolution((2, 2)), (2, 2, 1))["Z"].compute
    assert once(X, W)[0, :, :, 0].tolist() == [[0, 0, 1], [0, 4, 6], [4, 12, 9]]
    twice = rules_of(TransposedConvolution((2, 2), (2, 2)), (2, 2, 1))["Z"].compute
    expected = [[0, 0, 0, 1], [0, 0, 2, 3], [0, 2, 0, 3], [4, 6, 6, 9]]
    assert twice(X, W)[0, :, :, 0].tolist() == expected
    assert twice(X, W[::-1, ::-1])[0, :, :, 0].tolist() != expected


def test_numpy_prints_these_numbers():
    """numpy.convolve's documentation: [1, 2, 3] and [0, 1, 0.5] give [0, 1, 2.5, 4, 1.5]: here no kernel is flipped."""
    Z = rules_of(TransposedConvolution((3,)), (3, 1))["Z"].compute
    X, W = np.array([1, 2, 3.0]).reshape(1, 3, 1), np.array([0, 1, 0.5]).reshape(3, 1, 1)
    assert Z(X, W).ravel().tolist() == [0, 1, 2.5, 4, 1.5]
    assert Z(X, W[::-1]).ravel().tolist() != [0, 1, 2.5, 4, 1.5]


@pytest.mark.parametrize("name", CASES)
def test_its_text_gives_it_back(name):
    layer, _ = CASES[name]
    assert layer_named(str(layer)) == layer


@pytest.mark.parametrize("words", ["filters=0", "padding='causal'", "more=(1, 0)", "more=(0,)", "more=1",
                                   "more=(-1, 0)",
                                   "strides=(2, 2), more=(2, 0)", "more=('a', 0)", "groups=1", "kernel=(2,)more=()",
                                   "strides=(2, 2), more=(1.0, 0)", "strides=(2, 2), more=(True, 0)"])  # fmt: skip
def test_fields_that_make_no_layer_are_refused(words):
    with pytest.raises(ValueError):
        layer_named(f"transposed_convolution({words})")


@pytest.mark.parametrize(
    ("layer", "shape", "word"),
    [
        (TransposedConvolution(), (4, 1), "channels"),
        (TransposedConvolution((2, 2), (2, 2), padding="same", more=(0, 0)), (3, 3, 1), "no convolution"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(layer, shape, word):
    with pytest.raises(ValueError, match=word):
        layer.shape(shape)
