"""A learning rate that the person wrote: each step takes it as it is, and it is the number that the optimizer used."""

import keras
import numpy as np
import pytest

import verify
from tests.support.small_models import S, X, Y, single_precision, small  # noqa: F401
from verify.capture.callback import ByHand
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.errors import Unusable
from verify.records import trace_file

K = keras.ops


class WarmUp(S.LearningRateSchedule):
    """Grows to 0.1 in four steps."""

    def __call__(self, step):
        return K.minimum((K.cast(step, "float32") + 1) / 4, 1.0) * 0.1


def constant():
    return 0.03


def returning(value):
    class Wrong(S.LearningRateSchedule):
        def __call__(self, step):
            return value

    return Wrong()


OWN = {"WarmUp": WarmUp, "constant": lambda: constant}


@pytest.mark.parametrize(("dtype", "how"), [("float32", {}), ("float32", {"jit_compile": True}), ("float64", {})])
@pytest.mark.parametrize("name", OWN)
def test_a_rate_of_ones_own_is_given(name, dtype, how):
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    optimizer = keras.optimizers.AdamW(OWN[name](), weight_decay=0.01)
    checked = verify.check(small(optimizer=optimizer, **how), X, Y, steps=3)
    assert checked.passed, checked.headline
    assert name in checked.trace.settings.optimizer
    assert any(f"what {name} gives" in note for note in checked.result.notes)
    rates = [float(checked.trace.tensors[f"step{k}/alpha"]) for k in (1, 2, 3)]
    assert rates == pytest.approx([0.025, 0.05, 0.075] if name == "WarmUp" else [0.03] * 3, rel=1e-6)


def test_it_is_kept_and_explained(tmp_path):
    held = verify.check(small(optimizer=keras.optimizers.SGD(WarmUp())), X, Y, steps=2).trace
    (tmp_path / "t.npz").write_bytes(trace_file.to_bytes(held))
    case = DerivedStep(trace_file.load(str(tmp_path / "t.npz")), 2)
    explained = explain(case, "alpha")
    assert explained.passed and "the learning rate, which code of your own gives" in explained.headline
    assert explain(case, "W1_new", (2, 3), None).passed


def test_another_rate_than_the_one_that_is_given_is_noticed(monkeypatch):
    net = small(optimizer=keras.optimizers.SGD(WarmUp()), run_eagerly=True)
    own = net.optimizer.update_step
    monkeypatch.setattr(net.optimizer, "update_step", lambda g, v, rate: own(g, v, rate * 1.01))
    checked = verify.check(net, X, Y)
    assert not checked.passed and "update_" in checked.headline and "α × 1.01" in checked.headline


@pytest.mark.parametrize("value", ["0.1", np.array([0.1, 0.1], "float32"), None], ids=["text", "two numbers", "None"])
def test_what_is_no_number_is_refused_by_name(value):
    with pytest.raises(Unusable, match="learning rate: it must be a single number, and is"):
        verify.check(small(optimizer=keras.optimizers.SGD(returning(value))), X, Y)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("how", [{}, {"jit_compile": True}, {"run_eagerly": True}], ids=["graph", "XLA", "eagerly"])
def test_a_rate_that_is_not_finite_is_refused_by_name(value, how):
    text = f"learning rate: Wrong gives {value}, and a step needs a finite number"
    with pytest.raises(Unusable, match=text):
        verify.check(small(optimizer=keras.optimizers.SGD(returning(value)), **how), X, Y)
    with pytest.raises(Unusable, match=text):
        small(optimizer=keras.optimizers.SGD(returning(value)), **how).fit(X, Y, verbose=0, callbacks=[ByHand()])


class Assigned(keras.callbacks.Callback):
    """Assigns a learning rate before every batch, as people do."""

    def on_train_batch_begin(self, batch, logs=None):
        self.model.optimizer.learning_rate = 0.01 / (batch + 1)


CALLBACKS = {
    "LearningRateScheduler": lambda: keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.5),
    "ReduceLROnPlateau": lambda: keras.callbacks.ReduceLROnPlateau("loss", patience=0, min_delta=10.0),
    "assigned": Assigned,
}


@pytest.mark.parametrize(
    ("optimizer", "how"),
    [("sgd", {"jit_compile": True}), ("adam", {}), (lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1), {})],
)
@pytest.mark.parametrize("name", CALLBACKS)
def test_a_rate_that_a_callback_changes_is_no_fault(name, optimizer, how):
    watch, built = ByHand(), optimizer() if callable(optimizer) else optimizer
    small(optimizer=built, **how).fit(X, Y, batch_size=2, epochs=2, verbose=0, callbacks=[CALLBACKS[name](), watch])
    assert watch.passed and watch.verified == 6 and not watch.notes, watch.headline


def test_a_function_that_needs_an_argument_is_refused_by_name():
    with pytest.raises(Unusable, match=r"learning_rate: Keras calls <lambda> without arguments \(missing"):
        verify.check(small(optimizer=keras.optimizers.SGD(lambda step: 0.1)), X, Y)


@pytest.mark.parametrize("name", OWN)
def test_a_rate_of_ones_own_in_a_training(name):
    watch = ByHand()
    net = small(optimizer=keras.optimizers.Adam(OWN[name]()))
    net.fit(X, Y, batch_size=2, epochs=2, verbose=0, callbacks=[watch])
    assert watch.passed and watch.verified == 6 and "alpha" in watch.notes[0], watch.headline
