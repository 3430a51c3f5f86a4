"""Check cases that once led to a wrong PASS, to a false FAIL, or to a model that was not left as it was."""

import warnings

import keras
import numpy as np
import pytest

import verify
from verify.errors import Unsupported, Unusable, Unverifiable

L, SGD = keras.layers, keras.optimizers.SGD
RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(8, 5)).astype("float32"), np.eye(3, dtype="float32")[RNG.integers(3, size=8)]


def model(*layers, optimizer="adam", loss="categorical_crossentropy", inputs=5, **how):
    keras.utils.set_random_seed(1)
    layers = layers or (L.Dense(4, "relu"), L.Dense(3, "softmax"))
    net = keras.Sequential([keras.Input((inputs,)), *layers])
    net.compile(optimizer, loss, **{"run_eagerly": True, "jit_compile": False, **how})
    return net


def fit(net, *callbacks, x=X, y=Y, **how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net.fit(x, y, callbacks=list(callbacks), **{"batch_size": 4, "verbose": 0, "shuffle": False, **how})


def test_a_replaced_method_under_xla_is_refused():
    """The bound of the whole step of a deep network would not notice that its first layer is not trained."""
    hidden = [L.Dense(32, "sigmoid") for _ in range(6)]
    for through in ("check", "fit"):
        net = model(*hidden, L.Dense(3, "softmax"), optimizer=SGD(0.1), run_eagerly=False, jit_compile=True)
        own = net.optimizer.apply_gradients

        def forgetful(pairs, own=own):
            own([(g * 0 if i == 0 else g, v) for i, (g, v) in enumerate(pairs)])

        net.optimizer.apply_gradients = forgetful
        if through == "check":
            with pytest.raises(Unverifiable, match="apply_gradients is replaced"):
                verify.check(net, X, Y)
        else:
            watch = verify.ByHand()
            fit(net, watch)
            assert watch.headline.startswith("NOT VERIFIED") and "apply_gradients is replaced" in watch.headline


def test_a_mask_is_remembered_when_the_rate_changes():
    net = model(L.Dense(64, "relu"), L.Dropout(0.5, seed=1), L.Dense(3, "softmax"))
    first = keras.ops.copy(net.layers[1].seed_generator.state)
    net.layers[1].seed_generator.next = lambda ordered=True: first

    class Rate(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            net.optimizer.learning_rate.assign(0.01 / (batch + 1))

    watch = verify.ByHand()
    fit(net, Rate(), watch)
    assert not watch.passed and "mask of step 1 again" in watch.headline


def test_a_diverging_training_is_not_called_wrong():
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(32, 8)).astype("float32") * 100
        net = model(L.Dense(16, "relu"), L.Dense(1), optimizer=SGD(0.1), loss="mse", inputs=8)
        watch = verify.ByHand()
        fit(net, watch, x=x, y=x @ rng.normal(size=(8, 1)).astype("float32"), epochs=8, batch_size=32)
        assert not watch.headline.startswith("FAIL"), watch.headline
        assert any("infinity or NaN" in note for note in watch.notes)


@pytest.mark.parametrize("options", [{}, {"clipnorm": 1.0}, {"global_clipnorm": 1.0}])
def test_an_overflow_inside_an_equation_is_not_called_wrong(options):
    optimizers = (SGD(0.1, **options), keras.optimizers.Adam(**options))
    for optimizer in optimizers:
        checked = verify.check(model(L.Dense(3), loss="mse", optimizer=optimizer), X, Y * np.float32(1e25))
        assert not checked.headline.startswith("FAIL"), checked.headline


def test_inputs_that_cannot_be_used_are_refused():
    with pytest.raises(Unusable, match="x: it holds NaN"):
        fit(model(), verify.ByHand(), x=np.full((8, 5), np.nan))
    net = model()
    net.layers[0].kernel.assign(np.full((5, 4), np.nan))
    with pytest.raises(Unverifiable, match="kernel holds NaN"):
        verify.check(net, X, Y)
    for optimizer in (SGD(np.nan), keras.optimizers.Adam(np.inf)):
        with pytest.raises(Unusable, match=r"optimizer: learning_rate of .* must be a number"):
            verify.check(model(optimizer=optimizer), X, Y)
    first = model(optimizer=keras.optimizers.Adam())
    fit(first)
    with pytest.raises(Unusable, match="built for other variables"):
        verify.check(model(optimizer=first.optimizer), X, Y)
    for name, value in (("rtol", -1.0), ("atol", np.nan)):
        with pytest.raises(Unusable, match=name):
            verify.check(model(), X, Y, **{"rtol": 0.0, "atol": 0.0, name: value})
    with pytest.raises(Unusable, match="loss: Keras knows none"):
        verify.check(model(), X, Y, loss="foo")


def test_a_metric_may_have_the_name_of_the_loss():
    net, watch = model(metrics=[keras.metrics.CategoricalAccuracy(name="loss")]), verify.ByHand()
    assert verify.check(net, X, Y, steps=2).passed
    fit(net, watch, epochs=2)
    assert watch.passed, watch.headline


def test_no_step_was_its_turn():
    watch = verify.ByHand(every=100)
    fit(model(), watch)
    assert watch.headline == "NOT VERIFIED nothing was compared (every=100, steps taken: 2)"


@pytest.mark.parametrize("how", [{}, {"run_eagerly": False}, {"run_eagerly": False, "jit_compile": True}])
def test_labels_that_do_not_add_up_to_1_are_noted(how):
    """keras#19316: TensorFlow's gradient is softmax(Z) - y, whatever the sum of the labels."""
    y, watch = np.array([[1, 1, 0]] * 4 + [[0, 0.5, -0.1]] * 2 + [[0, 1, 0]] * 2, "float32"), verify.ByHand()
    checked = verify.check(model(**how), X, y)
    assert checked.passed and "y: the labels of 6 of 8 examples do not add up to 1" in checked.result.notes[0]
    fit(model(**how), watch, y=y, epochs=2)
    assert watch.passed and len([note for note in watch.notes if "4 of 4" in note]) == 1, watch.headline
    assert not verify.check(model(loss="mse", **how), X, y).result.notes
    assert not verify.check(model(**how), X, Y).result.notes


def test_data_wrapped_in_lists_is_taken_as_keras_takes_it():
    watch = verify.ByHand()
    fit(model(), watch, y=[Y])
    assert watch.passed, watch.headline


def test_the_callback_leaves_the_model_after_an_exception():
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    net, watch = model(), verify.ByHand()
    with pytest.raises(KeyboardInterrupt):
        fit(net, watch, Interrupt())
    assert net.train_function != watch._train and watch.steps == 1
    fit(net)
    assert watch.steps == 1


def test_two_callbacks_in_one_training():
    net, first, second = model(), verify.ByHand(), verify.ByHand(every=2)
    fit(net, first, second)
    assert first.passed and second.passed and first.verified == 2 and second.verified == 1
    fit(net)
    assert first.steps == 2


def test_weights_that_are_frozen_alone_are_named():
    net = model()
    net.layers[0].bias.trainable = False
    net.compile("adam", "categorical_crossentropy", run_eagerly=True)
    for run in (lambda: verify.check(net, X, Y), lambda: fit(net, verify.ByHand())):
        with pytest.raises(Unsupported, match=r"B1.*it is frozen"):
            run()
    net.trainable = False
    with pytest.raises(Unsupported, match="all its layers are frozen"):
        verify.check(net, X, Y)


def test_the_name_of_a_loss_does_not_decide():
    labels = np.argmax(Y, axis=1)
    own = keras.losses.SparseCategoricalCrossentropy(name="my")
    assert verify.check(model(loss=own), X, labels).passed
    assert verify.check(model(L.Dense(3), loss=keras.losses.MeanSquaredError(name="sparse")), X, Y).passed


def test_arrays_and_tuples_of_a_metric_are_put_back():
    class Own(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="own")
            self.count, self.lists = np.zeros(2), ([],)

        def update_state(self, y, p, sample_weight=None):
            self.count += 1
            self.lists[0].append(1)

        def result(self):
            return keras.ops.convert_to_tensor(0.0)

    metric = Own()
    assert verify.check(model(metrics=[metric]), X, Y).passed
    assert not metric.count.any() and metric.lists == ([],)
