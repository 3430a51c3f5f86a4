"""The callback verify.ByHand, inside model.fit."""

import keras
import numpy as np
import pytest

import verify
from tests.support.small_models import LABELS, L, X, Y, sequential, small
from tests.support.small_models import single_precision as single_precision
from verify.capture.callback import DivergenceWarning
from verify.errors import Unsupported, Unusable
from verify.records.arrays import same_bits


def fit(callbacks, epochs=2, **how):
    keras.utils.set_random_seed(1)  # layers draw their initializers' seeds where they are made
    model = sequential(L.Dense(7, "relu"), L.Dropout(0.3), L.Dense(5, "softmax"), metrics=["accuracy"], **how)
    x, labels = np.tile(X, (5, 1)), np.tile(LABELS, 5)
    y = np.eye(5)[labels]
    history = model.fit(x, y, batch_size=4, epochs=epochs, verbose=0, callbacks=callbacks)
    return [*model.get_weights(), *(np.array(v) for v in model.optimizer.variables)], history.history


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_the_callback_verifies_and_changes_no_bit(optimizer):
    watch = verify.ByHand(every=3)
    plain, watched = fit([], optimizer=optimizer), fit([watch], optimizer=optimizer)
    assert watch.passed and watch.verified == 5 and watch.steps == 16, watch.headline
    watch.assert_passed()
    assert all(same_bits(a, b) for a, b in zip(plain[0], watched[0], strict=True))
    assert plain[1] == watched[1]


def test_a_training_that_is_too_short_to_verify_warns():
    with pytest.warns(DivergenceWarning, match="nothing was compared .*; step 100 would be the first"):
        fit([verify.ByHand(every=100)], epochs=1)


def test_the_callback_stops_at_the_first_divergence(monkeypatch):
    own = keras.optimizers.SGD.update_step

    def wrong_from_the_fifth(self, g, v, lr):
        late = keras.ops.cast(self.iterations >= 4, "float32")
        own(self, g, v, lr * (1 + 0.01 * late))

    monkeypatch.setattr(keras.optimizers.SGD, "update_step", wrong_from_the_fifth)
    watch = verify.ByHand()
    with pytest.warns(UserWarning, match="step 5, update_W2"):
        fit([watch], optimizer="sgd")
    assert not watch.passed and watch.steps == 5
    with pytest.raises(AssertionError, match="step 5, update_W2"):
        watch.assert_passed()
    watch = verify.ByHand(stop=False)
    with pytest.warns(UserWarning, match="step 5"):
        fit([watch], optimizer="sgd")
    assert watch.steps == 16 and watch.verified == 5


class Changes(keras.callbacks.Callback):
    """Change the model before its third batch."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 2:
            self.change(self.model)


def frozen(model):
    model.layers[0].trainable = False


def with_another_optimizer(model):
    model.optimizer = keras.optimizers.SGD()
    model.optimizer.build(model.trainable_variables)


@pytest.mark.parametrize("change", [frozen, with_another_optimizer])
def test_a_model_that_is_changed_in_the_training_is_not_verified_further(change):
    watch = verify.ByHand(stop=False)
    with pytest.warns(DivergenceWarning, match="compiled again, or a layer was frozen"):
        fit([Changes(change), watch], epochs=1, run_eagerly=True)
    assert not watch.passed and watch.verified == 2 and watch.steps == 8


def test_the_callback_refuses_what_it_cannot_verify():
    with pytest.raises(Unsupported, match="LossScaleOptimizer"):
        fit([verify.ByHand()], optimizer=keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()))
    with pytest.raises(Unsupported, match="steps_per_execution"):
        fit([verify.ByHand()], steps_per_execution=2)
    model = small()
    with pytest.raises(Unusable, match="sample_weight: finite weights of 0 or more"):
        model.fit(X, Y, sample_weight=-np.ones(6), verbose=0, callbacks=[verify.ByHand()])
    model.fit(X, Y, verbose=0)
    with pytest.raises(Unusable, match="every"):
        verify.ByHand(every=0)
