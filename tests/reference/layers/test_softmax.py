"""Witnesses of the softmax: the complex step, and what is known of it at single numbers."""

import numpy as np
import pytest

from reference.layers.softmax import softmax, softmax_backward, softmax_jacobian
from tests.support.layer_witness import G, Z, apart, slopes_of


def test_the_way_back_is_the_slope():
    A = softmax(Z)
    assert apart(softmax_backward(G, A), slopes_of("softmax")) < 1e-14
    assert apart(np.einsum("ni,nij->nj", G, softmax_jacobian(A)), slopes_of("softmax")) < 1e-14
    assert apart(G * A * (1 - A), slopes_of("softmax")) > 1e-3


def test_rows_add_up_to_one_and_a_shift_changes_nothing():
    np.testing.assert_allclose(np.sum(softmax(Z), axis=1), 1, atol=1e-15)  # five roundings of numbers below 1
    np.testing.assert_allclose(
        softmax(Z + 1000), softmax(Z), atol=1e-12
    )  # Z + 1000 itself is rounded, by 1e-13 at most


def test_it_may_be_a_layer():
    keras = pytest.importorskip("keras")
    import verify
    from verify.errors import Unsupported

    def model(**how):
        layers = [keras.layers.Dense(4, "relu"), keras.layers.Dense(3), keras.layers.Softmax(**how)]
        net = keras.Sequential([keras.Input((5,)), *layers])
        net.compile("sgd", "categorical_crossentropy", jit_compile=False)
        return net

    x, y = np.random.default_rng(0).normal(size=(6, 5)).astype("float32"), np.eye(3, dtype="float32")[[0, 1, 2] * 2]
    assert verify.check(model(), x, y, steps=2).passed
    with pytest.raises(Unsupported, match="over the last axis"):
        verify.check(model(axis=0), x, y)
