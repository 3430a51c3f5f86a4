"""Ordinary trainings pass: callbacks that change the learning rate, smaller batches, several fits, each way to run."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import verify
from verify.capture.callback import ByHand

L, C = keras.layers, keras.callbacks
RNG = np.random.default_rng(2)
X, Y = RNG.normal(size=(22, 5)).astype("float32"), np.eye(3, dtype="float32")[RNG.integers(3, size=22)]


def model(optimizer="adam", **how):
    keras.utils.set_random_seed(4)
    net = keras.Sequential([keras.Input((5,)), L.Dense(6, "relu"), L.Dropout(0.2), L.Dense(3, "softmax")])
    net.compile(optimizer, "categorical_crossentropy", **{"jit_compile": False, **how})
    return net


class EachBatch(C.Callback):
    """Changes something before every batch."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def on_train_batch_begin(self, batch, logs=None):
        self.change(self.model, batch)


def rate_of(net, batch):
    net.optimizer.learning_rate.assign(0.01 / (batch + 1))


def other_beta(net, batch):
    net.optimizer.beta_1 = 0.5 if batch else 0.9


CASES = {
    "LearningRateScheduler": ({}, {"callbacks": [C.LearningRateScheduler(lambda epoch, rate: rate * 0.5)]}),
    "ReduceLROnPlateau": ({}, {"callbacks": [C.ReduceLROnPlateau("loss", patience=0, min_delta=10.0)]}),
    "assign between steps": ({}, {"callbacks": [EachBatch(rate_of)]}),
    "assign between steps, SGD": ({"optimizer": "sgd"}, {"callbacks": [EachBatch(rate_of)]}),
    "β1 changed": ({}, {"callbacks": [EachBatch(other_beta)]}),
    "β1 changed, eagerly": ({"run_eagerly": True}, {"callbacks": [EachBatch(other_beta)]}),
    "EarlyStopping": ({}, {"callbacks": [C.EarlyStopping("loss", patience=0, restore_best_weights=True)]}),
    "validation_data": ({}, {"validation_data": (X[:5], Y[:5])}),
    "shuffle": ({}, {"shuffle": True}),
    "eagerly": ({"run_eagerly": True}, {}),
    "XLA": ({"jit_compile": True}, {}),
    "metrics": ({"metrics": ["accuracy"], "weighted_metrics": ["mae"]}, {}),
    "a schedule": ({"optimizer": lambda: keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 5))}, None),
    "initial_epoch": ({}, {"initial_epoch": 1}),
}


def compiled(how):
    return {key: value() if key == "optimizer" and callable(value) else value for key, value in how.items()}


@pytest.mark.parametrize("name", [name for name, (_, how) in CASES.items() if how is not None])
def test_an_ordinary_training_passes(name):
    built, fitted = CASES[name]
    plain, watched = model(**compiled(built)), model(**compiled(built))
    options = {"epochs": 3, "batch_size": 8, "verbose": 0, "shuffle": False, **fitted}
    callbacks, watch = options.pop("callbacks", []), ByHand()
    keras.utils.set_random_seed(6)
    plain.fit(X, Y, callbacks=callbacks, **options)
    keras.utils.set_random_seed(6)
    watched.fit(X, Y, callbacks=[*callbacks, watch], **options)
    assert watch.passed and watch.verified == watch.steps > 2, watch.headline
    assert not watch.notes
    if name != "shuffle":
        assert all(np.array_equal(a, b) for a, b in zip(plain.get_weights(), watched.get_weights(), strict=True))


def test_a_dataset_and_several_fits():
    net, watch = model(), ByHand(every=2)
    data = tf.data.Dataset.from_tensor_slices((X, Y)).batch(8)
    net.fit(data, epochs=2, verbose=0, callbacks=[watch])
    net.fit(X, Y, batch_size=5, epochs=1, verbose=0, callbacks=[watch])
    assert watch.passed and watch.steps == 11, watch.headline


def test_weights_changed_between_two_steps_are_noted():
    def zero(net, batch):
        if batch == 1:
            net.layers[2].bias.assign(np.zeros(3))

    watch = ByHand()
    model().fit(X, Y, batch_size=8, verbose=0, callbacks=[EachBatch(zero), watch])
    assert watch.passed
    assert watch.notes == ("B2 changed between step 1 and step 2, not by the optimizer",)


def test_check_goes_on_from_the_models_own_state():
    net = model(keras.optimizers.SGD(0.1, momentum=0.9))
    net.fit(X, Y, batch_size=8, epochs=1, verbose=0)
    net.optimizer.learning_rate.assign(0.03)
    checked = verify.check(net, X, Y, steps=2)
    assert checked.passed and "0.03" in checked.trace.settings.optimizer
