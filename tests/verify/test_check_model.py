"""verify.check with TensorFlow: models that pass, wrong computations that are noticed, and its result."""

import json
import sys
import warnings
from fractions import Fraction

import keras
import numpy as np
import pytest

import verify
from tests.support.small_models import LABELS, RNG, L, S, X, Y, command, sequential, small
from tests.support.small_models import single_precision as single_precision
from verify import backprop, feedforward
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.derive.region import element_region
from verify.records import trace_file
from verify.records.arrays import same_bits
from verify.records.settings import OPTIMIZERS

pytest_plugins = ["pytester"]


# name: layers, what else, y; each optimizer, loss and layer that is verified stands in one
MODELS = {
    "momentum, logits, smoothing": (
        lambda: [L.Dense(7, "tanh"), L.Dense(5)],
        lambda: {
            "optimizer": keras.optimizers.SGD(0.1, momentum=0.9),
            "loss": keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        },
        Y,
    ),
    "nesterov, sparse logits, sum": (
        lambda: [L.Dense(7, "leaky_relu"), L.Dropout(0.3), L.Dense(5)],  # XLA draws slope and 1/(1 - rate) together
        lambda: {
            "optimizer": keras.optimizers.SGD(S.ExponentialDecay(0.1, 3, 0.9), momentum=0.9, nesterov=True),
            "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum"),
        },
        LABELS,
    ),
    "AMSGrad, probabilities": (
        lambda: [L.Dense(7, "sigmoid"), L.Dense(5, "softmax"), L.Dropout(0.3)],
        lambda: {"optimizer": keras.optimizers.Adam(S.InverseTimeDecay(0.1, 3, 0.5), amsgrad=True)},
        Y,
    ),
    "AdamW, probabilities of labels": (
        lambda: [L.Dense(7, use_bias=False), L.Activation("sigmoid"), L.Dense(5, "softmax"), L.Dropout(0.3)],
        lambda: {"optimizer": "adamw", "loss": "sparse_categorical_crossentropy"},
        LABELS,
    ),
    "rescaled, dropped, clipped, squared": (
        lambda: [L.Rescaling(1 / 3, 0.1), L.Dropout(0.2), L.Dense(7), L.LeakyReLU(0.1), L.Dropout(0.5), L.Dense(5)],
        lambda: {
            "optimizer": keras.optimizers.Adam(S.PiecewiseConstantDecay([0, 1], [0.1, 0.2, 0.3]), clipnorm=0.01),
            "loss": "mean_squared_error",
        },
        RNG.normal(size=(6, 5)),
    ),
    "global norm, a sigmoid's cross-entropy": (
        lambda: [L.Dense(7), L.ReLU(), L.Dense(5, "sigmoid")],
        lambda: {"optimizer": keras.optimizers.SGD(S.PolynomialDecay(0.1, 3, power=2.0), global_clipnorm=0.05)},
        Y,
    ),
    "by value, soft labels": (
        lambda: [L.Dense(7, "relu"), L.Dense(5, "softmax")],
        lambda: {"optimizer": keras.optimizers.SGD(0.1, clipvalue=0.01)},
        np.full((6, 5), 0.2),
    ),
}


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_known_layers_passes_and_stays_as_it_is(name, jit):
    layers, how, y = MODELS[name]
    model = sequential(*layers(), **how(), jit_compile=jit)
    before = model.get_weights()
    checked = verify.check(model, X, y, steps=2)
    assert checked.passed, checked.headline
    assert all(same_bits(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    checked.assert_passed()
    assert "C" in set(checked.comparisons.tensor)
    optimizer = OPTIMIZERS[checked.trace.settings.optimizer]
    assert callable(optimizer.learning_rate) == ("alpha" in set(checked.comparisons.tensor))


@pytest.mark.parametrize("name", MODELS)
def test_a_trace_of_it_is_verified_without_tensorflow(name, tmp_path):
    layers, how, y = MODELS[name]
    held = verify.check(sequential(*layers(), **how()), X, y, steps=2).trace
    (tmp_path / "t.npz").write_bytes(trace_file.to_bytes(held))
    again = trace_file.load(str(tmp_path / "t.npz"))
    assert again.network == held.network and again.settings == held.settings
    assert command(backprop.main, "--trace", tmp_path / "t.npz", "--out", tmp_path / "out", "--quiet") == 0
    assert command(feedforward.main, "--trace", tmp_path / "t.npz", "--out", tmp_path / "out", "--quiet") == 0
    _every_tensor_is_explained(again)


def _every_tensor_is_explained(held):
    """By hand, exactly: inside the ball of its rule, at random elements; TensorFlow's number is no less."""
    case, rng = DerivedStep(held, 2), np.random.default_rng(3)
    for tensor in case.names:
        at = tuple(int(rng.integers(n)) for n in case.shape(tensor))
        assert explain(case, tensor, tuple(i + 1 for i in at)).passed, tensor
        if tensor in case.rules:
            ball, value = case.ball(case.rules[tensor]), case.exact(case.node(tensor), element_region(at)).item()
            assert abs(value - Fraction(float(ball.value[at]))) <= Fraction(float(ball.spread()[at])), tensor


def test_every_tensor_of_it_is_noticed_when_wrong(tmp_path):
    """Each tensor but the given ones, three ulp off in one element where its bound is one rounding, else by 1 %."""
    layers, how, y = MODELS["rescaled, dropped, clipped, squared"]
    held = verify.check(sequential(*layers(), **how()), X, y, steps=2).trace
    from tests.support.simulate import altered
    from verify.compare.walk import compare

    for name in [n for n in held.tensors if n.startswith("step2/")]:
        array = held.tensors[name].copy()
        at = np.unravel_index(np.argmax(np.abs(array)), array.shape)
        array[at] = array[at] * 1.01 + 0.01
        assert not all(c.passed for c in compare(altered(held, name, array), "backprop").comparisons), name


def test_the_optimizers_state_is_taken_as_it_is():
    model = small()
    model.fit(X, Y, epochs=3, verbose=0)
    checked = verify.check(model, X, Y, steps=2)
    assert checked.passed and checked.trace.settings.done == 3
    again = verify.check(model, X, Y, optimizer="adam")
    assert again.passed and again.trace.settings.done == 0


def test_it_passes_where_warnings_are_errors():
    """Warnings are errors, as with `pytest -W error`: Keras and NumPy warn each other."""
    model, by_hand = small(), verify.ByHand()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert verify.check(model, X, Y, steps=2).passed
        model.fit(X, Y, verbose=0, callbacks=[by_hand])
    assert by_hand.passed


def test_a_wrong_learning_rate_is_noticed(monkeypatch):
    """The optimizer uses another rate than it says."""
    model = small(optimizer=keras.optimizers.SGD(0.1))
    own = keras.optimizers.SGD.update_step
    monkeypatch.setattr(keras.optimizers.SGD, "update_step", lambda self, g, v, lr: own(self, g, v, lr * 1.0001))
    checked = verify.check(model, X, Y)
    assert not checked.passed
    assert checked.result.first_divergence.tensor.startswith("update_W2")
    with pytest.raises(AssertionError, match="update_W2"):
        checked.assert_passed()


def test_a_functional_model_and_a_notebook():
    inputs = keras.Input((3, 3))
    hidden = L.Dense(4, "relu")(L.Flatten()(inputs))
    model = keras.Model(inputs, L.Dense(5, "softmax")(hidden))
    checked = verify.check(model, X.reshape(6, 3, 3), Y, optimizer="sgd", loss="categorical_crossentropy")
    assert checked.passed
    page = checked._repr_html_()
    assert page.count("<tr>") == 1 + len(checked.result.local) and "PASS" in page
    assert checked.to_markdown().startswith("# PASS")


def test_a_report_is_written(tmp_path):
    verify.check(small(), X, Y).write(tmp_path / "report")
    found = json.loads((tmp_path / "report" / "result.json").read_text())
    assert found["passed"] and found["settings"]["data"] == "given"


def test_the_readmes_example(tmp_path, monkeypatch):
    import re
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    root = Path(__file__).parents[2]
    readme = (root / "README.md").read_text()
    (code,) = re.findall(r"<!-- a model of yours -->\n```python\n(.*?)```", readme, re.DOTALL)
    many = -(-160 // len(X))  # five batches of 32 an epoch at least
    known = {"model": small(), "x": np.tile(X, (many, 1)), "y": np.tile(Y, (many, 1))}
    exec(code, known)
    assert known["checked"].passed and "PASS" in known["checked"].to_markdown()


def test_importing_verify_is_cheap():
    """A fresh interpreter with it loads neither NumPy nor TensorFlow."""
    import subprocess

    script = "import sys, verify; print(sorted({'numpy', 'tensorflow', 'keras', 'rich'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "[]\n"


def test_the_pytest_fixture_with_a_model(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile("""
        from tests.support.small_models import X, Y, small

        def test_right(by_hand):
            assert by_hand(small(), X, Y, steps=2).passed

        def test_nothing_is_allowed(by_hand):
            by_hand(small(), X, Y, rtol=0, atol=0)
    """)
    found = pytester.runpytest_inprocess("-p", "verify.pytest_plugin", "--by-hand-reports", "r")
    found.assert_outcomes(passed=1, failed=1)
    assert len(list((pytester.path / "r").glob("*/report.md"))) == 1
