"""Public reports on optimizers and updates: the right value, and what By Hand says. A test for each report."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import verify
from tests.support.public_reports import checked, headline, model, said, value, weights
from tests.support.public_reports import in_float64 as in_float64
from tests.support.small_models import single_precision as single_precision
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain

L, O = keras.layers, keras.optimizers  # noqa: E741


def with_gradients(optimizer, gradients, weight=1.0):
    """Check one weight whose gradients are these: a hinge has the slope -y below its margin."""
    data = tf.data.Dataset.from_tensor_slices((np.ones((len(gradients), 1)), -np.array(gradients, float)[:, None]))
    net = model(L.Dense(1, **weights(weight)), optimizer=optimizer, loss="hinge")
    check = verify.check(net, data.batch(1), steps=len(gradients))
    assert [value(check, "dW1", k).item() for k in range(1, len(gradients) + 1)] == list(gradients)
    return check


ACCUMULATED = {
    "SGD": (lambda **k: O.SGD(0.1, **k), (1, 2, 6), 0.7),
    "decay": (lambda **k: O.SGD(0.1, weight_decay=0.1, **k), (1, 2, 6), 0.69),
    "clipped": (lambda **k: O.SGD(0.1, clipvalue=1.5, **k), (1, 2, 6), 0.85),
    "Adam": (lambda **k: O.Adam(0.1, **k), (1, 2, 6), 0.90000075),
    "Adam, six": (lambda **k: O.Adam(0.1, **k), (1, 2, 6, -1, -1, 5), 0.81289530),
}
KERAS_3_4_1 = {  # what it computed, where it differs, and its name
    "decay": ({"W1_decayed": 0.99**3, "W1_new": 0.67029899}, 3, "decay applied 3 times"),
    "clipped": ({"accumulated_W1": 2.5}, 2, "each micro-gradient clipped, not their mean"),
    "Adam": ({"update_W1": 1 - 0.93611896, "W1_new": 0.93611896}, 3, "t counts micro-steps"),
    "Adam, six": ({"update_W1": 0.93611896 - 0.87500179}, 6, "t counts micro-steps"),
}


@pytest.mark.parametrize("name", ACCUMULATED)
def test_accumulation_keras_19990(name):
    optimizer, gradients, expected = ACCUMULATED[name]
    check = with_gradients(optimizer(gradient_accumulation_steps=3), gradients)
    check.assert_passed()
    assert value(check, "W1_new", len(gradients)) == pytest.approx(expected, rel=0, abs=1e-7)
    if name in KERAS_3_4_1:
        tensors, step, words = KERAS_3_4_1[name]
        assert f"agrees with: {words}" in headline(check, step, **tensors)


def test_average_of_weights():
    """Keras 3.15.1 gives 9.966562; the average over the four updates is 9.968750."""
    optimizer = O.SGD(0.01, use_ema=True, ema_momentum=0.5, gradient_accumulation_steps=2)
    check = with_gradients(optimizer, [1] * 8, 10.0)
    assert value(check, "W1_new", 8) == pytest.approx(9.96, abs=1e-6)
    assert value(check, "average_W1", 8) == pytest.approx(9.966562, abs=2e-6)
    assert check.headline.startswith("FAIL") and "agrees with: the average counts micro-steps" in check.headline


def test_manual_mae_keras_18324():
    layers = L.Dense(5, "sigmoid", **weights(0.1)), L.Dense(1, "sigmoid", **weights(0.2))
    check = checked(*layers, x=[[0.0, 0]], y=[[0.0]], shape=(2,), loss="mean_absolute_error", optimizer=O.SGD(0.01))
    check.assert_passed()
    assert value(check, "W2_new") == pytest.approx([0.19882499] * 5, abs=1e-8)
    derived = explain(DerivedStep(check.trace, 1), "W2_new", (1, 1))
    assert derived.passed and derived.headline.startswith("PASS W2_new[1,1]: by hand 0.198824984487")
    assert headline(check, W2_new=[0.19926] * 5).startswith("FAIL")  # the author's


def test_factor_2_of_l2_keras_4712():
    layer = L.Dense(1, **weights(1.0), kernel_regularizer=keras.regularizers.L2(0.01))
    check = checked(layer, x=[[0.0]], y=[[0.0]], optimizer=O.SGD(1.0))
    check.assert_passed()
    assert [value(check, n).item() for n in ("C", "dW1", "W1_new")] == pytest.approx([0.01, 0.02, 0.98])
    assert said(check, "dW1", 1, 1) == "The regularizer's share of this gradient is 0.02"
    assert "agrees with: factor 2 of L2" in headline(check, dW1=0.01)


def test_rmsprops_epsilon_tensorflow_58412():
    check = checked(L.Dense(1, **weights(0.0)), x=[[1.0]], y=[[-5e-5]], optimizer=O.RMSprop(0.001, 0.9, epsilon=1e-7))
    check.assert_passed()
    assert value(check, "update_W1") == pytest.approx(3.1466e-4, rel=1e-5)
    assert said(check, "update_W1", 1, 1).startswith(
        "ε is added inside the root; by other conventions the number would be 0.0031523"
    )
    assert "agrees with: ε outside the root" in headline(check, update_W1=1e-7 / (np.sqrt(1e-9) + 1e-7))


def test_decay_keras_19051():
    check = checked(L.Dense(1, **weights(1.0)), x=[[1.0]], y=[[0.5]], optimizer=O.AdamW(0.1, weight_decay=0.1))
    check.assert_passed()
    assert value(check, "W1_new") == pytest.approx(0.89000100, abs=5e-8)
    words = said(check, "W1_new", 1, 1)
    assert words.startswith("The weight decay is decoupled from the gradient and comes before the update")
    assert "0.891000" in words and "(decay after the update)" in words
    assert "0.900000" in words and "(decay in the gradient (L2), not decoupled)" in words
    assert "agrees with: decay after the update" in headline(check, W1_new=0.99 * (1 - value(check, "update_W1")))
    assert "agrees with: decay in the gradient (L2), not decoupled" in headline(check, m_W1=0.11)


def test_overflow():
    keras.utils.set_random_seed(0)
    net = model(L.Dense(4), L.Dense(2), shape=(3,), optimizer="adam")
    net.set_weights([1e12 * w for w in net.get_weights()])
    check = verify.check(net, np.ones((2, 3)), np.zeros((2, 2)))
    check.assert_passed()
    assert np.isinf(value(check, "v_W1")).all()
    assert "step 1, v_W1: 12 numbers overflow float32" in check.result.notes
    assert headline(check, v_W1=np.full(12, 1e38)).startswith("FAIL")


def test_rmsprop_step_cs231n(in_float64):
    """The cost is the mean of (w - y)² over 20 numbers, so y = w - 10 dw gives the gradient dw."""
    w, dw = np.linspace(-0.4, 0.6, 20).reshape(4, 5), np.linspace(-0.6, 0.4, 20).reshape(4, 5)
    net = model(L.Dense(5, **weights(w)), shape=(4,), optimizer=O.RMSprop(1e-2, 0.99, epsilon=1e-8))
    net.optimizer.build(net.trainable_variables)
    net.optimizer.iterations.assign(1)
    net.optimizer._velocities[0].assign(np.linspace(0.6, 0.9, 20).reshape(4, 5))
    check = verify.check(net, np.eye(4), w - 10 * dw)
    check.assert_passed()
    printed = [-0.39223849, -0.34037513, -0.28849239, -0.23659121, -0.18467247]
    assert check.trace.step(1)["W1_new"][0] == pytest.approx(printed, abs=5e-9)
