"""Trainings in which something is changed that Keras's step does not follow; what Keras does after the last step."""

import keras
import numpy as np
import pytest

import verify
from verify.capture.callback import ByHand

L, K, R = keras.layers, keras.optimizers, keras.regularizers
RNG = np.random.default_rng(8)
X, Y = RNG.normal(size=(12, 5)).astype("float32"), np.eye(3, dtype="float32")[RNG.integers(3, size=12)]


def model(optimizer="adam", kernel_regularizer=None, **how):
    keras.utils.set_random_seed(4)
    net = keras.Sequential(
        [keras.Input((5,)), L.Dense(4, "tanh", kernel_regularizer=kernel_regularizer), L.Dense(3, "softmax")]
    )
    net.compile(optimizer, "categorical_crossentropy", **how)
    return net


def watched(net, *callbacks, **how):
    watch = ByHand()
    net.fit(X, Y, callbacks=[*callbacks, watch], **{"batch_size": 4, "verbose": 0, **how})
    return watch


@pytest.mark.parametrize("options", [{}, {"ema_overwrite_frequency": 2}])
def test_the_average_in_the_place_of_the_weights_is_noted(options):
    watch = watched(model(K.SGD(0.5, use_ema=True, **options)), epochs=2)
    assert watch.passed and watch.notes == (
        "at the end of fit Keras put the average in the place of each weight (use_ema)",
    )


def test_something_else_in_the_place_of_the_weights_is_noticed(monkeypatch):
    def zeros(self, variables):
        for variable in variables:
            variable.assign(variable * 0)

    monkeypatch.setattr(keras.optimizers.Optimizer, "finalize_variable_values", zeros)
    with pytest.warns(verify.errors.DivergenceWarning):
        watch = watched(model(K.SGD(0.5, use_ema=True)))
    assert watch.headline == "NOT VERIFIED at the end of fit W1 is not its average (use_ema)"


def test_an_option_changed_after_the_step_was_compiled_is_the_likely_cause():
    net = model(K.Adam(0.01))
    net.fit(X, Y, batch_size=4, verbose=0)
    net.optimizer.beta_1 = 0.1
    with pytest.warns(verify.errors.DivergenceWarning):
        watch = watched(net)
    assert "_own" in watch.headline and "compile the model again" in watch.headline


def test_a_layer_frozen_after_the_step_was_compiled_is_named():
    net = model(K.Adam(0.01))
    net.fit(X, Y, batch_size=4, verbose=0)
    net.layers[0].trainable = False
    with pytest.warns(verify.errors.DivergenceWarning):
        watch = watched(net)
    assert "W1 was frozen after Keras had compiled the step: compile the model again" in watch.headline
    assert watch.headline.startswith("NOT VERIFIED")


def test_the_loss_that_was_compiled_counts():
    net = model()
    net.fit(X, Y, batch_size=4, verbose=0)
    net.loss = "mse"
    assert watched(net).passed


@pytest.mark.parametrize("change", [lambda part: setattr(part.regularizer, "l2", 0.05),
                                    lambda part: setattr(part, "regularizer", None),
                                    lambda part: setattr(part, "constraint", keras.constraints.NonNeg())])  # fmt: skip
def test_a_regularizer_or_constraint_changed_in_a_training_is_not_verified_further(change):
    class Change(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            if batch == 1:
                change(self.model.layers[0].kernel)

    with pytest.warns(verify.errors.DivergenceWarning):
        watch = watched(model(kernel_regularizer=R.L2(0.1), run_eagerly=True), Change())
    assert watch.headline.startswith("NOT VERIFIED the model was compiled again, or a layer was frozen or changed")
    assert watch.verified == 1


def test_a_step_whose_gradients_are_all_0_has_a_note():
    checked = verify.check(model(), X, Y, sample_weight=np.zeros(12))
    assert checked.passed and "every gradient is 0 in a step, so its backward pass shows nothing" in checked.notes
    assert not verify.check(model(), X, Y).notes


class Change(keras.callbacks.Callback):
    """Change something of the first layer before the second batch."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 1:
            self.change(self.model.layers[0])


def strength(layer):
    layer.activity_regularizer.l2 = 9.0


def none(layer):
    layer.activity_regularizer = None


def own(layer):
    layer.kernel.constraint = lambda w: w


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("change", [strength, none, own])
def test_what_a_callback_changes_in_a_layer_is_named(change, eager):
    net = model(run_eagerly=eager)
    net.layers[0].activity_regularizer = R.L2(0.1)
    with pytest.warns(verify.errors.DivergenceWarning):
        watch = watched(net, Change(change))
    assert watch.headline.startswith("NOT VERIFIED") and not watch.passed
