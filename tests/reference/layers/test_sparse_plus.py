"""Witnesses of sparse plus: the complex step, its joints, its slope, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers.sparse_plus import sparse_plus, sparse_plus_backward
from reference.layers.sparse_sigmoid import sparse_sigmoid
from tests.support.layer_witness import Z, way_back_is_the_slope

AROUND = np.array([-1000.0, -1 - 2**-40, -1.0, -0.5, 0.0, 0.5, 1.0, 1 + 2**-40, 1000.0])


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("sparse_plus", "relu", "linear", "softplus", "sparse_sigmoid")


def test_it_is_a_parabola_between_two_lines():
    assert sparse_plus(AROUND).tolist() == [0, 0, 0, 1 / 16, 1 / 4, 9 / 16, 1, 1 + 2**-40, 1000]
    np.testing.assert_allclose(sparse_plus(Z) - sparse_plus(-Z), Z, rtol=1e-13)


def test_its_slope_has_no_jump():
    slopes = [0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1]
    assert sparse_plus_backward(np.ones(9), AROUND).tolist() == sparse_sigmoid(AROUND).tolist() == slopes


def test_tensorflow_has_its_slope_at_the_joints():
    tf = pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    at = tf.constant(AROUND, tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(at)
        A = keras.activations.sparse_plus(at)
    assert A.numpy().tolist() == sparse_plus(at.numpy()).tolist()
    assert tape.gradient(A, at).numpy().tolist() == sparse_sigmoid(at.numpy()).tolist()


def test_an_eager_model_passes():
    """There x^2 is a kernel of its own, with errors of up to 1.4 ulp."""
    keras = pytest.importorskip("keras")
    import verify

    keras.utils.set_random_seed(1)
    net = keras.Sequential([keras.Input((8,)), keras.layers.Dense(64, "sparse_plus"), keras.layers.Dense(2)])
    net.compile("sgd", "mse", run_eagerly=True)
    rng = np.random.default_rng(0)
    checked = verify.check(net, rng.normal(size=(64, 8)).astype("float32"), rng.normal(size=(64, 2)).astype("float32"))
    assert checked.passed, checked.headline
