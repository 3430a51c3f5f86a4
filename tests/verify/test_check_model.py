"""--model, verify.check and the callback, with TensorFlow: models of users, and what is wrong with some."""

import json
import sys
import zipfile
from fractions import Fraction

import keras
import numpy as np
import pytest

import verify
from verify import backprop, feedforward
from verify.capture.model_reader import known as known_layers
from verify.cli.exit_status import guarded
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.errors import Unsupported, Unusable
from verify.records import trace_file
from verify.records.arrays import same_bits
from verify.records.settings import OPTIMIZERS

pytest_plugins = ["pytester"]
MODULE = "tests.support.own_models"
RNG = np.random.default_rng(0)
L, S = keras.layers, keras.optimizers.schedules
X, LABELS = RNG.random((6, 9)), RNG.integers(5, size=6)
Y = np.eye(5)[LABELS]


@pytest.fixture(autouse=True)
def _single_precision():
    """A model that a test makes in float64 leaves the next one in float32."""
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def command(main, *words):
    return guarded(main, [str(word) for word in words])


def sequential(*layers, loss="categorical_crossentropy", optimizer="adam", shape=(9,), **how):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input(shape), *layers])
    model.compile(optimizer, loss, **{"jit_compile": False, **how})
    return model


def small(**how):
    return sequential(L.Dense(7, "relu"), L.Dense(5, "softmax"), **how)


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
            ball, value = case.ball(case.rules[tensor]), case.exact(case.node(tensor), at).item()
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


UNKNOWN = {
    "Conv2D": lambda: sequential(L.Conv2D(2, 2), L.Flatten(), L.Dense(5, "softmax"), shape=(3, 3, 1)),
    "gelu": lambda: sequential(L.Dense(7, "gelu"), L.Dense(5, "softmax")),
    "kernel_regularizer": lambda: sequential(L.Dense(5, "softmax", kernel_regularizer="l2")),
    "frozen": lambda: sequential(L.Dense(7, trainable=False), L.Dense(5, "softmax")),
    "float16": lambda: sequential(L.Dense(5, "softmax", dtype="float16")),
    "mixed": lambda: sequential(L.Dense(5, "softmax", dtype="mixed_float16")),
    "BatchNormalization": lambda: sequential(L.Dense(7), L.BatchNormalization(), L.Dense(5, "softmax")),
    "hinge": lambda: small(loss="hinge"),
    "ignore_class": lambda: small(loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=1)),
    "RMSprop": lambda: small(optimizer="rmsprop"),
    "averages": lambda: small(optimizer=keras.optimizers.Adam(use_ema=True)),
    "CosineDecay": lambda: small(optimizer=keras.optimizers.SGD(S.CosineDecay(0.1, 3))),
    "softmax may stand": lambda: sequential(L.Dense(7, "softmax"), L.Dense(5, "softmax")),
    "right behind a Dense": lambda: sequential(L.Activation("relu"), L.Dense(5, "softmax")),
    "two dropouts": lambda: sequential(L.Dense(5), L.Dropout(0.1), L.Dropout(0.1)),
    "a dropout rate must be": lambda: sequential(L.Dense(5), L.Dropout(1.0)),
    "negative slope of leaky_relu must be": lambda: sequential(L.Dense(5), L.LeakyReLU(negative_slope=1.5)),
    "max_value": lambda: sequential(L.Dense(5), L.ReLU(max_value=6)),
    "Lambda": lambda: sequential(L.Lambda(lambda x: x), L.Dense(5, "softmax")),
    "computes in float32 behind": lambda: sequential(L.Dense(5, "softmax", dtype="float64")),
    "no Dense": lambda: sequential(L.Flatten()),
}


@pytest.mark.parametrize("word", UNKNOWN)
def test_what_is_not_known_is_named(word):
    with pytest.raises(Unsupported, match=word) as caught:
        verify.check(UNKNOWN[word](), X.reshape(6, 3, 3, 1) if word == "Conv2D" else X, Y)
    assert str(caught.value).startswith("UNSUPPORTED")


def test_two_inputs_and_a_branch_are_named():
    a, b = keras.Input((3,)), keras.Input((3,))
    for model, word in (
        (keras.Model([a, b], L.Dense(2)(L.Concatenate()([a, b]))), "2 inputs"),
        (keras.Model(a, [L.Dense(2)(a), L.Dense(2)(a)]), "2 outputs"),
        (keras.Model(a, L.Add()([L.Dense(3)(a), a])), "Add|line"),
        (keras.Sequential([L.Dense(3)]), "built"),
    ):
        with pytest.raises(Unsupported, match=word):
            verify.check(model, X[:, :3], Y, optimizer="sgd", loss="mean_squared_error")


BAD = {
    "x: it holds NaN": {"x": np.full((6, 9), np.nan)},
    "x: numbers are needed": {"x": np.array([["a"] * 9] * 6)},
    "6 examples and 5 labels": {"y": Y[:5]},
    r"x: examples of shape \[8\]": {"x": X[:, :8]},
    "sparse_categorical_crossentropy": {"y": LABELS},
    "labels from 0 to 4": {"y": LABELS + 1, "loss": "sparse_categorical_crossentropy"},
    "steps: a whole number": {"steps": 0},
    "give both": {"rtol": 1e-3},
    "optimizer: Keras knows none": {"optimizer": "adamantium"},
    "too large for float32": {"x": np.full((6, 9), 1e300)},
}


@pytest.mark.parametrize("word", BAD)
def test_what_cannot_be_used_is_named(word):
    given = {"x": X, "y": Y, **BAD[word]}
    with pytest.raises(Unusable, match=word):
        verify.check(small(), given.pop("x"), given.pop("y"), **given)


def test_a_model_that_is_not_compiled_needs_both():
    model = keras.Sequential([keras.Input((9,)), L.Dense(5, "softmax")])
    with pytest.raises(Unusable, match="optimizer: the model is not compiled"):
        verify.check(model, X, Y)
    assert verify.check(model, X, Y, optimizer="sgd", loss="categorical_crossentropy").passed


def test_mazurs_network_by_a_function(tmp_path):
    """https://mattmazur.com: the weights after one step, to every digit printed, as both sides have them."""
    assert command(backprop.main, "--model", f"{MODULE}:mazur", "--out", tmp_path, "--save-trace", tmp_path / "t") == 0
    held = trace_file.load(str(tmp_path / "t")).step(1)
    printed = {
        "W1": ["0.149780716", "0.24975114", "0.19956143", "0.29950229"],
        "W2": ["0.35891648", "0.511301270", "0.408666186", "0.561370121"],
    }
    for P, digits in printed.items():
        for found, text in zip(np.ravel(held[f"{P}_new"]), digits, strict=True):
            assert abs(found - float(text)) <= 0.5 * 10.0 ** -len(text.partition(".")[2]), (P, text)
    rows = np.loadtxt(tmp_path / "table_a1.csv", delimiter=",", skiprows=1, usecols=4, dtype=float)
    assert [float(f"{by_hand:.8f}") for by_hand in rows[18:22]] == [round(float(t), 8) for t in printed["W2"]]


@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_model_from_a_file(suffix, tmp_path):
    from tests.support.own_models import of_images

    path = tmp_path / f"model.{suffix}"
    of_images().save(path)
    assert command(backprop.main, "--model", path, "--steps", 2, "--batch", 3, "--out", tmp_path / "out") == 0
    assert command(feedforward.main, "--model", path, "--out", tmp_path / "out") == 0


def test_unknown_layers_are_rows_and_status_2(tmp_path, capsys):
    assert command(backprop.main, "--model", f"{MODULE}:convolution", "--out", tmp_path / "out") == 2
    said = capsys.readouterr()
    assert said.out.count("UNSUPPORTED") == 2 and "Conv2D" in said.out and "gelu" in said.out
    assert said.err.startswith("error: UNSUPPORTED layer") and "1 more" in said.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--model", "nowhere.keras"], "no such file"),
        (["--model", f"{MODULE}:nothing"], "no attribute"),
        (["--model", "no.such.module:f"], "ModuleNotFoundError"),
        (["--model", f"{MODULE}:two_things"], "not 2 things"),
        (["--model", f"{MODULE}:broken"], "RuntimeError"),
        (["--model", f"{MODULE}:mazur", "--digit", "3"], "brings its own x and y"),
        (["--model", f"{MODULE}:mazur", "--seed", "3"], "--seed cannot be used with --model"),
        (["--model", f"{MODULE}:mazur", "--batch", "3"], "do not fit"),
        (["--trust"], "name a model"),
        (["--model", __file__], ".keras or .h5"),
    ],
)
def test_a_model_that_cannot_be_had(words, said, tmp_path, capsys):
    assert command(backprop.main, *words, "--out", tmp_path / "out") == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ") and said in error and error.count("\n") == 1
    assert "\x1b" not in error and not (tmp_path / "out").exists()


def hostile(path, edit):
    """A saved model whose members are changed by `edit`."""
    model = path.with_name("good.keras")
    small().save(model)
    with zipfile.ZipFile(model) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    edit(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def with_layer(members, **changes):
    config = json.loads(members["config.json"])
    config["config"]["layers"][1] |= changes
    members["config.json"] = json.dumps(config).encode()


HOSTILE = {
    "which no model has": lambda m: m.update({"../../evil.py": b"x"}),
    "which no model has\x00": lambda m: m.update({"assets/../../evil.py": b"x"}),
    "its members must be": lambda m: m.pop("metadata.json"),
    "description": lambda m: m.update({"config.json": b"[" * 10**5}),
    "description of the model is longer": lambda m: m.update({"config.json": b" " * (2**20 + 1)}),
    "Lambda": lambda m: with_layer(m, class_name="Lambda"),
    "class Dense of os": lambda m: with_layer(m, module="os"),
    "Keras cannot load it": lambda m: m.update({"model.weights.h5": b"no weights"}),
}


@pytest.mark.parametrize("said", HOSTILE)
def test_a_hostile_archive_is_refused_before_anything_is_built(said, tmp_path, capsys):
    path = tmp_path / "bad.keras"
    hostile(path, HOSTILE[said])
    assert command(backprop.main, "--model", path, "--out", tmp_path / "out") == 2
    assert said.rstrip("\x00") in capsys.readouterr().err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.keras", "good.keras"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n" + b"\x00" * 50])
@pytest.mark.parametrize("suffix", ["keras", "h5"])
def test_a_damaged_file_is_refused(content, suffix, tmp_path, capsys):
    path = tmp_path / f"bad.{suffix}"
    path.write_bytes(content)
    assert command(backprop.main, "--model", path, "--out", tmp_path / "out") == 2
    assert capsys.readouterr().err.count("\n") == 1


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


def test_the_readmes_example(tmp_path, monkeypatch):
    import re
    from pathlib import Path

    monkeypatch.chdir(tmp_path)
    root = Path(__file__).parents[2]
    readme = (root / "README.md").read_text()
    (code,) = re.findall(r"<!-- a model of yours -->\n```python\n(.*?)```", readme, re.DOTALL)
    known = {"model": small(), "x": X, "y": Y}
    exec(code, known)
    assert known["checked"].passed and "PASS" in known["checked"].to_markdown()
    supported = (root / "verify" / "capture" / "README.md").read_text()
    (layers,) = re.findall(r"Functional models of (.*?) \(with the mask", supported, re.DOTALL)
    named = re.findall(r"\b[A-Z]\w+", layers)
    assert len(named) > 7 and set(named) <= set(re.findall(r"\w+", known_layers()))


def test_the_callback_refuses_what_it_cannot_verify():
    with pytest.raises(Unsupported, match="RMSprop"):
        fit([verify.ByHand()], optimizer="rmsprop")
    with pytest.raises(Unsupported, match="steps_per_execution"):
        fit([verify.ByHand()], steps_per_execution=2)
    model = small()
    with pytest.raises(Unsupported, match="sample_weight"):
        model.fit(X, Y, sample_weight=np.ones(6), verbose=0, callbacks=[verify.ByHand()])
    model.fit(X, Y, verbose=0)
    with pytest.raises(Unusable, match="every"):
        verify.ByHand(every=0)


def test_importing_verify_is_cheap():
    """A fresh interpreter with it loads neither NumPy nor TensorFlow."""
    import subprocess

    script = "import sys, verify; print(sorted({'numpy', 'tensorflow', 'keras', 'rich'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stdout == "[]\n"


def test_the_pytest_fixture_with_a_model(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile("""
        from tests.verify.test_check_model import X, Y, small

        def test_right(by_hand):
            assert by_hand(small(), X, Y, steps=2).passed

        def test_nothing_is_allowed(by_hand):
            by_hand(small(), X, Y, rtol=0, atol=0)
    """)
    found = pytester.runpytest_inprocess("-p", "verify.pytest_plugin", "--by-hand-reports", "r")
    found.assert_outcomes(passed=1, failed=1)
    assert len(list((pytester.path / "r").glob("*/report.md"))) == 1
