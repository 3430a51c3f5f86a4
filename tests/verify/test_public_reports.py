"""Public reports on layers and losses: the right value, and what By Hand says. A test for each report.

Only the numbers are taken from the reports. `test_public_reports_updates.py` has those on updates.
"""

import keras
import numpy as np
import pytest

import verify
from tests.support.public_reports import checked, headline, model, said, value, weights
from tests.support.public_reports import in_float64 as in_float64
from tests.support.small_models import single_precision as single_precision
from verify.errors import Unsupported

L, LOSSES, O = keras.layers, keras.losses, keras.optimizers  # noqa: E741


def test_labels_keras_19316():
    z, y = np.array([[1.0, 2, 3]]), np.array([[1.0, 1, 0]])
    check = checked(L.Dense(3, "softmax", **weights(z)), x=[[1.0]], y=y, loss="categorical_crossentropy")
    check.assert_passed()
    assert value(check, "C") == pytest.approx(3.81521193)
    assert value(check, "dZ1") == pytest.approx([-0.90996945, -0.75527155, 0.66524094])
    (note,) = check.result.notes
    assert "agrees with softmax(Z1) - y by (21)" in note
    assert note.endswith("for labels that add up to 2 the slope of this cost is 2·softmax(Z1) - y")
    right = headline(check, dZ1=[-0.81993885, -0.51054306, 1.33048191])
    assert "agrees with: Σy·softmax - y, the slope of this cost for labels that do not add up to 1" in right


def test_softmax_twice_stack_overflow_75394509():
    p = np.full((1, 27), 0.99999785 * np.expm1(2.265e-6) / 26)  # its 27 shares add up to a little more than 1
    p[0, 16] = 0.99999785
    once, twice = -np.log(p[0, 16] / p.sum()), np.log(np.exp(p).sum()) - p[0, 16]
    assert twice == pytest.approx(2.3575358, abs=2e-7)
    probabilities = L.Dense(27, **weights(p))
    of = {"x": [[1.0]], "y": np.eye(27)[[16]]}
    check = checked(probabilities, **of, loss=LOSSES.CategoricalCrossentropy(from_logits=True))
    check.assert_passed()
    assert value(check, "C") == pytest.approx(twice, abs=5e-7)
    (note,) = check.result.notes
    assert "softmax taken twice: this cost cannot fall below ln(e + K - 1) - 1 = 2.35753" in note
    assert "agrees with: logits taken for probabilities" in headline(check, C=once)
    plain = checked(probabilities, **of, loss=LOSSES.CategoricalCrossentropy())
    assert plain.passed and value(plain, "C") == pytest.approx(once, rel=0.05) and not plain.result.notes
    behind = checked(L.Dense(27, "softmax", **weights(np.log(p))), **of, loss=LOSSES.CategoricalCrossentropy(True))
    assert behind.passed and "Keras computes this cost from Z1, so softmax is taken once" in behind.result.notes[0]


def test_batch_normalisation_keras_10443():
    """Behind a frozen Dense that hands X on. Keras 2's fused kernel divided the moving variance by n - 1."""
    x = np.array([[1.0], [2], [3], [4]])
    layers = L.Dense(1, **weights(1.0), trainable=False), L.BatchNormalization(momentum=0.0)
    check = checked(*layers, x=x, y=2 * x, optimizer=O.SGD(0.01))
    check.assert_passed()
    names = "gamma_1_new", "shift_1_new", "moving_mean_1", "moving_variance_1"
    assert [value(check, n).item() for n in names] == pytest.approx([1.0247195, 0.1, 2.5, 1.25], rel=1e-6)
    for tensor in ("variance_1", "moving_variance_1"):
        assert "The variance is divided by n; by other conventions the number would be 1.66666" in said(
            check, tensor, 1, 1
        )
        assert "agrees with: variance divided by n - 1" in headline(check, **{tensor: 5 / 3})


def test_same_padding_tensorflow_17654():
    layer = L.Conv2D(1, 3, strides=2, padding="same", **weights(np.arange(9.0).reshape(3, 3, 1, 1)))
    two, one = (checked(layer, x=np.ones((1, n, n, 1)), y=np.zeros((1, 1, 1, 1)), shape=(n, n, 1)) for n in (2, 1))
    assert two.passed and one.passed and value(two, "Z1") == [8] and value(one, "Z1") == [4]
    padded = said(two, "Z1", 1, 1, 1, 1)
    assert padded.startswith("Zeros are padded: rows 0 before and 1 behind, columns 0 before and 1 behind")
    assert "24 (padding on the other side)" in padded
    assert said(one, "Z1", 1, 1, 1, 1) == "Zeros are padded: rows 1 before and 1 behind, columns 1 before and 1 behind"
    assert "agrees with: padding on the other side" in headline(two, Z1=24)


def test_other_bits_in_another_batch_keras_16615():
    """Several patterns of bits come out, all right; tests/verify/derive/test_summation.py names two orders."""
    rng = np.random.default_rng(0)
    row, net = rng.random((1, 16384)), model(L.Dense(5, "softmax"), shape=(16384,), loss="categorical_crossentropy")
    found = set()
    for n in (1, 2, 32):
        check = verify.check(net, np.repeat(row, n, axis=0), np.eye(5)[[0] * n])
        check.assert_passed()
        found |= {a.tobytes() for a in check.trace.step(1)["A1"]}
    patterns = [np.frombuffer(a, "float32") for a in found]
    assert all(np.abs(a - patterns[0]).max() < 1e-5 for a in patterns)


def test_leaky_relu_at_0_tensorflow_62436():
    check = checked(L.Dense(1, **weights(1.0)), L.LeakyReLU(0.2), x=[[0.0]], y=[[-0.5]])
    check.assert_passed()
    assert value(check, "dA1") == 1 and value(check, "dZ1") == np.float32(0.2)
    words = said(check, "dZ1", 1, 1)
    assert "The slope at z = 0 is a convention" in words and "0.6" in words and "(central differences)" in words
    assert "agrees with: at 0 the mean of both slopes (central differences)" in headline(check, dZ1=0.6)


def test_channels_first_keras_22695():
    layers = L.Conv2D(4, 1), L.Flatten(data_format="channels_first"), L.Dense(2)
    check = checked(*layers, x=np.random.default_rng(0).normal(size=(2, 2, 3, 5)), y=np.zeros((2, 2)), shape=(2, 3, 5))
    check.assert_passed()
    Z, F = check.trace.step(1)["Z1"], check.trace.step(1)["F1"]
    assert np.array_equal(F, np.moveaxis(Z, 1, -1).reshape(2, -1)) and not np.array_equal(F, Z.reshape(2, -1))
    assert "channels_first moves axis 1 of an example behind the others" in said(check, "F1", 1, 2)
    assert "agrees with: axes not permuted" in headline(check, F1=Z)
    with pytest.raises(Unsupported, match="data_format channels_first is not verified"):
        checked(
            L.MaxPooling2D(1, data_format="channels_first"),
            L.Flatten(),
            L.Dense(1),
            x=np.ones((1, 2, 3, 4)),
            y=[[1.0]],
            shape=(2, 3, 4),
        )


def test_loss_weights():
    plain, twice = (checked(L.Dense(1, **weights(1.0)), x=[[1.0]], y=[[0.0]], loss_weights=w) for w in (None, [2.0]))
    assert plain.passed and twice.passed and twice.trace.settings.loss == "mean_squared_error(weight=2.0)"
    assert value(plain, "dW1") == 2 and value(twice, "dW1") == 4
    assert "agrees with: loss weight left out" in headline(twice, dA1=value(plain, "dA1"))
    assert headline(twice, dW1=2).startswith("FAIL")


def test_targets_of_shape_n():
    check = checked(L.Dense(1), x=np.ones((4, 3)), y=np.arange(4.0), shape=(3,))
    check.assert_passed()
    assert check.trace.step(1)["y"].shape == (4, 1) and check.trace.step(1)["dZ1"].shape == (4, 1)


def test_teachers_two_layers_cs231n(in_float64):
    """The notes' digits are wrong from the 12th on; the first numbers here are from 40 digits by Python's decimal."""
    net = model(
        L.Dense(2, "relu", use_bias=False),
        L.Dense(3, "softmax", use_bias=False),
        shape=(2,),
        loss="categorical_crossentropy",
    )
    net.set_weights([np.array([[0.18, 0.04], [0.1, 0.22]]), np.array([[0.19, -0.1, 0.1], [-0.02, -0.01, 0.04]])])
    check = verify.check(net, np.array([[16.0, -6.0]]), np.eye(3)[[2]])
    check.assert_passed()
    dW1, dW2 = check.trace.step(1)["dW1"][:, 0], check.trace.step(1)["dW2"][0]
    assert value(check, "C") == pytest.approx(1.0513754685043636, rel=1e-15)
    assert dW2 == pytest.approx([0.9782402100688973, 0.5049983962077720, -1.4832386062766693], rel=1e-14)
    assert dW1 == pytest.approx([-0.0909337567393238, 0.0341001587772464], rel=1e-14)
    assert dW2 == pytest.approx([0.978240210068, 0.504998396209, -1.483238606277], abs=2e-12)
    assert dW1 == pytest.approx([-0.090933756736, 0.034100158776], abs=4e-12)
