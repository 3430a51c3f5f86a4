"""Trainings that are unusual and right: ByHand does not call them wrong, nor does it refuse them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import verify
from verify.capture.callback import ByHand

L, SGD = keras.layers, keras.optimizers.SGD
RNG = np.random.default_rng(8)
X, Y = RNG.normal(size=(30, 5)).astype("float32"), np.eye(3, dtype="float32")[RNG.integers(3, size=30)]


def model(*layers, optimizer="sgd", loss="categorical_crossentropy", **how):
    keras.utils.set_random_seed(4)
    net = keras.Sequential([keras.Input((5,)), *(layers or (L.Dense(4, "relu"), L.Dense(3, "softmax")))])
    net.compile(optimizer, loss, **{"run_eagerly": True, "jit_compile": False, **how})
    return net


def watched(net, x=X, y=Y, watch=None, callbacks=(), **how):
    watch = watch or ByHand()
    net.fit(x, y, callbacks=[*callbacks, watch], **{"batch_size": 10, "shuffle": False, "verbose": 0, **how})
    return watch


def test_costs_that_cancel():
    """Labels weighted by advantages of both signs: the mean of the costs is much nearer to 0 than each of them."""
    x, y = np.concatenate([X, X]), np.concatenate([Y, -Y])
    watch = watched(model(optimizer=SGD(1e-4)), x, y, batch_size=30)
    assert watch.passed, watch.headline


def test_a_sum_of_losses_that_overflows():
    x, y = np.tile(X, (3, 1))[:64], np.full((64, 1), 3e18, "float32")
    watch = watched(model(L.Dense(1), loss="mse", optimizer=SGD(1e-30)), x, y, batch_size=32)
    assert not watch.problem, watch.headline


@pytest.mark.parametrize("how", [{}, {"run_eagerly": False, "jit_compile": True}])
def test_weights_that_are_nan_already(how):
    net = model(L.Dense(1), loss="mse", **how)
    net.layers[0].kernel.assign(np.full((5, 1), np.nan))
    watch = watched(net, y=X[:, :1], watch=ByHand(every=3))
    assert watch.passed and any("NaN" in note for note in watch.notes), watch.headline


def test_a_model_that_knows_its_callback():
    net, watch = model(run_eagerly=False), ByHand()
    net.my_callback = watch
    assert watched(net, watch=watch).passed, watch.headline


def test_iterations_that_begin_again_are_noted():
    class Restart(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.model.optimizer.iterations.assign(0)

    watch = watched(model(optimizer="adam"), callbacks=[Restart()], epochs=2)
    assert watch.passed and watch.notes == ("optimizer.iterations was set back to 0, not by the optimizer",)
    assert watch.headline.endswith("(see notes: 1)") and repr(watch) == f"<{watch.headline}>"


@pytest.mark.parametrize("jit", [False, True])
def test_functions_that_run_eagerly(jit):
    try:
        tf.config.run_functions_eagerly(True)
        net = model(run_eagerly=False, jit_compile=jit)
        assert watched(net).passed
        assert verify.check(net, X, Y).passed
    finally:
        tf.config.run_functions_eagerly(False)


def test_a_step_that_cannot_be_judged_does_not_hide_a_later_failure():
    net, watch = model(L.Dense(3), loss="mse", optimizer=SGD(1e-30, clipnorm=1.0)), ByHand(stop=False)
    y = np.concatenate([Y[:10] * np.float32(1e25), Y[10:]])
    own = net.optimizer.update_step

    def wrong(gradient, variable, rate):
        own(gradient, variable, rate * keras.ops.where(net.optimizer.iterations > 0, 2.0, 1.0))

    net.optimizer.update_step = wrong
    with pytest.warns(verify.capture.callback.DivergenceWarning):
        watched(net, y=y, watch=watch)
    assert watch.headline.startswith("FAIL step 2, update"), watch.headline


def test_labels_of_every_batch_are_looked_at():
    y = Y.copy()
    y[:10] *= 2
    data = tf.data.Dataset.from_tensor_slices((X, y)).batch(10)
    assert "the labels of 10 of 10 examples" in verify.check(model(), data, steps=3).result.notes[0]


@pytest.mark.parametrize("activation", ["gelu", "silu"])
def test_a_step_that_grappler_rounds_otherwise(activation):
    """Grappler multiplies the factor of the dropout into the activation, unless the step returns the latter."""
    layers = [L.Dense(12, activation), L.Dropout(0.3, seed=1), L.Dense(3, "softmax")]
    net = model(*layers, run_eagerly=False)
    checked, watch = verify.check(net, X, Y), ByHand()
    assert checked.passed and any(name.endswith("_own") for name in checked.trace.tensors), checked.headline
    assert watched(net, watch=watch).passed, watch.headline
    own, W = net.train_step, net.layers[0].kernel

    def step(data):
        before = tf.identity(W.value)
        logs = own(data)
        W.assign(W.value + (W.value - before) * 1e-5)
        return logs

    net.train_step, net.train_function = step, None
    with pytest.raises(
        verify.errors.Unverifiable, match=r"eagerly, .* gives W1_new other bits .*train_step is replaced"
    ):
        verify.check(net, X, Y)
