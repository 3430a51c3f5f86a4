"""Witnesses of the softmax: the complex step, and what is known of it at single numbers."""

import numpy as np
import pytest

from reference.layers.softmax import Softmax, softmax, softmax_backward, softmax_jacobian
from tests.support.layer_witness import G, Z, apart, slopes_of
from tests.support.witness import complex_step, differences


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
    for axis in (0, -2):
        with pytest.raises(Unsupported, match=f"axis={axis}, the axis of the examples"):
            verify.check(model(axis=axis), x, y)
    with pytest.raises(Unsupported, match="along one axis"):
        verify.check(model(axis=[0, 1]), x, y)


@pytest.mark.parametrize("axis", [-1, -2, -3])
def test_another_axis(axis):
    X = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    moved = np.moveaxis(X, axis, -1).reshape(-1, X.shape[axis])
    one_by_one = np.moveaxis(softmax(moved).reshape(np.moveaxis(X, axis, -1).shape), -1, axis)
    np.testing.assert_allclose(softmax(X, axis), one_by_one, rtol=1e-15)
    dA = np.random.default_rng(1).normal(size=X.shape)
    slopes = differences(complex_step, lambda Z: np.sum(dA * softmax_of(Z, axis)), X)
    assert apart(softmax_backward(dA, softmax(X, axis), axis), slopes) < 1e-14
    for other in {-1, -2, -3} - {axis}:
        assert apart(softmax_backward(dA, softmax(X, axis), other), slopes) > 1e-3


def softmax_of(Z, axis):
    """The softmax of complex numbers: nothing is subtracted, because a maximum has no complex step."""
    E = np.exp(Z)
    return E / E.sum(axis=axis, keepdims=True)


@pytest.mark.parametrize("axis", [0, 1, "-1", True])
def test_an_axis_that_is_none_is_refused(axis):
    with pytest.raises(ValueError, match="counts from the end"):
        Softmax(axis)


def test_an_axis_that_an_example_does_not_have_is_refused():
    with pytest.raises(ValueError, match="no axis -2"):
        Softmax(-2).shape((4,))
