"""Keras's optimizers behind dense layers and behind an Embedding: real trainings pass, and faults are named."""

from functools import partial

import keras
import numpy as np
import pytest
import tensorflow as tf

import verify
from verify.capture.essay_model import use_precision
from verify.compare.variants.optimizers.schedule_free_adamw import ALIAS
from verify.errors import Unsupported, Unusable
from verify.records import settings

L, K = keras.layers, keras.optimizers
S = K.schedules
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(8, 5)), np.eye(2)[RNG.integers(0, 2, 8)]
WORDS = RNG.integers(0, 7, (8, 5))
WORDS[0, :3], WORDS[WORDS == 6] = 4, 5  # a row is used several times in an example, and row 6 is not used


def model(optimizer, words=False, **how):
    """Return a compiled model of numbers or of words."""
    keras.utils.set_random_seed(3)
    first = [L.Embedding(7, 3), L.GlobalAveragePooling1D()] if words else [L.Dense(4, "tanh")]
    net = keras.Sequential([keras.Input((5,)), *first, L.Dense(3, "relu"), L.Dense(2, "softmax")])
    net.compile(optimizer, "categorical_crossentropy", **how)
    return net


@pytest.fixture
def precision():
    """A function that sets Keras's precision; afterwards it is float32 again."""
    yield use_precision
    use_precision("float32")


OPTIMIZERS = {
    "rmsprop": lambda: K.RMSprop(0.01, weight_decay=0.01),
    "rmsprop, momentum": lambda: K.RMSprop(S.ExponentialDecay(0.1, 2, 0.5), momentum=0.9, clipvalue=0.01),
    "rmsprop, centered": lambda: K.RMSprop(0.01, rho=0.99, momentum=0.9, centered=True, clipnorm=0.01),
    "adagrad": lambda: K.Adagrad(0.1, weight_decay=0.01),
    "adadelta": lambda: K.Adadelta(0.5, clipvalue=0.01),
    "adamax": lambda: K.Adamax(S.InverseTimeDecay(0.1, 2, 0.5)),
    "nadam": lambda: K.Nadam(0.01, weight_decay=0.01),
    "ftrl": lambda: K.Ftrl(0.1, l1_regularization_strength=1e-3, l2_shrinkage_regularization_strength=0.01, beta=0.1),
    "lamb": lambda: K.Lamb(0.01, weight_decay=0.01),
    "lion": lambda: K.Lion(0.01, global_clipnorm=0.01),
    "adafactor": lambda: K.Adafactor(0.01, clip_threshold=0.5, weight_decay=0.1),
    "adafactor, no relative step": lambda: K.Adafactor(
        S.ExponentialDecay(0.9, 1, 0.9), relative_step=False, beta_2_decay=-0.5, epsilon_1=1e-6, clipnorm=0.01
    ),
    "muon": lambda: K.Muon(0.01, exclude_layers=["dense_1"], adam_lr_ratio=0.3, clipnorm=0.01),
    "muon, no look ahead": lambda: K.Muon(0.1, nesterov=False, rms_rate=None, weight_decay=None, adam_weight_decay=0.1),
}
WAYS = {
    "XLA": ({"jit_compile": True}, "float32"),
    "float64": ({"jit_compile": False}, "float64"),
    "words, XLA": ({"jit_compile": True, "words": True}, "float32"),
    "words, eager": ({"run_eagerly": True, "words": True}, "float32"),
}


PAIRS = [(o, w) for o in OPTIMIZERS for w in WAYS if not (o.startswith("adafactor") and w.startswith("words"))]


@pytest.mark.parametrize(("name", "way"), PAIRS)  # Adafactor of an Embedding is refused
def test_it_is_verified(name, way, precision):
    how, dtype = WAYS[way]
    precision(dtype)
    result = verify.check(model(OPTIMIZERS[name](), **how), WORDS if "words" in how else X, Y, steps=2)
    assert result.passed, result.headline
    own = settings.OPTIMIZERS[result.trace.settings.optimizer]
    assert own.keeps and all(f"step2/{letter}_W1" in result.trace.tensors for letter in own.of("W1").keeps)


FAULTS = {  # what an optimizer's update_step finds in its coefficients, the tensor and the cause that is named
    "ρ exchanged with 1 - ρ": (lambda: K.RMSprop(0.01), lambda own: {"rho": 1 - own.rho}, "v_W3"),
    "momentum not less than 1": (lambda: K.RMSprop(0.01, momentum=0.9), lambda own: {"momentum": 1.0}, "m_W3"),
    "not brought up to date": (lambda: K.RMSprop(0.01, centered=True), lambda own: {"centered": False}, "g_W3"),
    "ε = 0.001": (lambda: K.Adagrad(0.1), lambda own: {"epsilon": 1e-3}, "update_W3"),
    "ρ × (1 - 0.1)": (lambda: K.Adadelta(0.1), lambda own: {"rho": own.rho * 0.9}, "v_W3"),
    "β2 × (1 - 0.01)": (lambda: K.Adamax(0.1), lambda own: {"beta_2": own.beta_2 * 0.99}, "u_W3"),
    "ε = 0.001 ": (lambda: K.Nadam(0.1), lambda own: {"epsilon": 1e-3}, "update_W3"),
    "shrinkage 0.01": (lambda: K.Ftrl(), lambda own: {"l2_shrinkage_regularization_strength": 0.01}, "z_W3"),
    "ε = 1e-05": (lambda: K.Lamb(0.1), lambda own: {"epsilon": 1e-5}, "update_W3"),
    "μ × (1 - 0.1)": (lambda: K.Muon(0.1), lambda own: {"momentum": own.momentum * 0.9}, "m_W3"),
    "Nesterov's look ahead left out": (lambda: K.Muon(0.1), lambda own: {"nesterov": False}, "iterate0_W3"),
    "b × 1.001": (lambda: K.Muon(0.1), lambda own: {"muon_b": own.muon_b * 1.001}, "iterate1_W3"),
    "r left out": (lambda: K.Muon(0.1), lambda own: {"rms_rate": 1.0}, "update_W3"),
    "adam_lr_ratio left out": (lambda: K.Muon(0.1, adam_lr_ratio=0.3), lambda own: {"adam_lr_ratio": 1.0}, "update_B3"),
    "β1 exchanged with β2": (lambda: K.Lion(0.1), lambda own: {"beta_1": own.beta_2, "beta_2": own.beta_1}, "m_W3"),
}


@pytest.mark.parametrize("cause", FAULTS)
def test_a_fault_in_keras_is_noticed_and_named(cause, monkeypatch):
    make, changed, tensor = FAULTS[cause]
    optimizer = make()
    own = type(optimizer).update_step

    def update_step(self, gradient, variable, learning_rate):
        before = {name: getattr(self, name) for name in changed(self)}
        vars(self).update(changed(self))
        own(self, gradient, variable, learning_rate)
        vars(self).update(before)

    monkeypatch.setattr(type(optimizer), "update_step", update_step)
    result = verify.check(model(optimizer, run_eagerly=True), X, Y, steps=2)
    failed = [c for c in result.result.comparisons if not c.passed and c.mode == "local"]
    assert not result.passed and failed[0].tensor == tensor, failed[0]
    assert any(cause.strip() in c.explanation for c in failed), [c.explanation for c in failed]


@pytest.mark.parametrize("how", [{"jit_compile": True}, {"run_eagerly": True}, {"words": True}], ids=str)
def test_what_is_wrong_in_keras_schedule_free_adamw_is_named(how):
    """Keras reads z after it changed it. In the first step this changes nothing, because the mean is z alone."""
    make, x = partial(K.ScheduleFreeAdamW, 0.01), WORDS if "words" in how else X
    first = verify.check(model(make(), **how), x, Y)
    assert first.passed, first.headline
    failed = [c for c in verify.check(model(make(), **how), x, Y, steps=2).result.comparisons if not c.passed]
    assert {c.step for c in failed} == {2} and all(c.tensor.endswith("_new") for c in failed if c.mode == "local")
    assert f"agrees with: {ALIAS}" in {c.explanation for c in failed}


REFUSED = {
    "what it makes of an Embedding's rows is not verified": [
        (lambda: K.Adafactor(), {"words": True}),
        (lambda: K.Muon(exclude_embeddings=False), {"words": True}),
    ],
    "accumulating gradients with it is not verified": [(lambda: K.Muon(gradient_accumulation_steps=2), {})],
    "rms_rate=0 leaves every matrix as it is": [(lambda: K.Muon(rms_rate=0.0), {})],
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_not_verified_is_refused_by_name(why):
    for make, how in REFUSED[why]:
        with pytest.raises(Unsupported, match=why):
            verify.check(model(make(), **how), WORDS if how else X, Y)


def test_a_schedule_of_muon_in_float64_is_refused_because_keras_cannot_compute_it(precision):
    precision("float64")
    with pytest.raises(TypeError, match="float64 that does not match type float32"):
        model(K.Muon(S.ExponentialDecay(0.1, 2, 0.5))).train_on_batch(X, Y)
    with pytest.raises(Unsupported, match="which TensorFlow refuses"):
        verify.check(model(K.Muon(S.ExponentialDecay(0.1, 2, 0.5))), X, Y)


@pytest.mark.parametrize("kind", ["Muon", "Adafactor"])
def test_a_matrix_that_is_no_weight_is_refused_by_name(kind):
    net = keras.Sequential([keras.Input((3, 4)), L.Dense(2), L.PReLU(), L.Flatten(), L.Dense(2)])
    net.compile(getattr(K, kind)(), "mse")
    with pytest.raises(Unsupported, match="no weight is not verified"):
        verify.check(net, np.ones((2, 3, 4)), np.ones((2, 2)))


def test_weight_decay_of_muon_leaves_out_what_is_named():
    optimizer = K.Muon(0.01, weight_decay=0.2, adam_weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    result = verify.check(model(optimizer), X, Y, steps=2)
    own = settings.OPTIMIZERS[result.trace.settings.optimizer]
    assert result.passed and own.undecayed == ("B1", "B2", "B3"), result.headline


def test_adafactor_in_float32_makes_nan_of_a_pixel_and_a_unit_that_are_off():
    """r of a row of zeros and c of a column of zeros are 1e-30, and their product is 0 in float32."""
    x = X.copy()
    x[:, 2] = 0.0
    own = keras.Sequential([keras.Input((5,)), L.Dense(3, "relu"), L.Dense(2, "softmax")])
    own.compile(K.Adafactor(0.01), "categorical_crossentropy")
    own.layers[0].bias.assign([-100.0, 0.1, 0.1])
    result = verify.check(own, x, Y)
    new = result.trace.tensors["step1/W1_new"]
    assert np.isnan(new).any() and result.trace.tensors["step1/v_W1"][2, 0] == 0
    assert "NaN by the equation too" in " ".join(result.comparisons.explanation)


WRONG = {
    "optimizer: gradient_accumulation_steps must be a whole number, not 2.5": {"gradient_accumulation_steps": 2.5},
    "optimizer: beta_1 must be a number, not None": {"beta_1": None},
    "optimizer: beta_1 must be a number, not '0.9'": {"beta_1": "0.9"},
    r"optimizer: beta_1 must be a number, not .*\[0.9\]": {"beta_1": [0.9]},
    "optimizer: weight_decay must be a number, not 'a'": {"weight_decay": "a"},
    "optimizer clipnorm: Keras does not clip by -1; a limit above 0 is verified": {"clipnorm": -1.0},
    "optimizer clipvalue: Keras does not clip by -1; a limit above 0 is verified": {"clipvalue": -1.0},
    "optimizer global_clipnorm: Keras does not clip by -1": {"global_clipnorm": -1.0},
    "optimizer loss_scale_factor: Keras divides by 0": {"loss_scale_factor": 0.0},
}


@pytest.mark.parametrize("text", WRONG)
def test_an_option_with_which_no_step_can_be_verified_is_named(text):
    with pytest.raises(Unusable, match=text):
        verify.check(model(K.Adam(**WRONG[text])), X, Y)


def test_an_option_may_be_a_number_of_numpy_or_of_tensorflow():
    options = {"beta_1": np.float32(0.8), "beta_2": tf.constant(0.9), "clipnorm": np.float64(0.01), "clipvalue": None}
    assert verify.check(model(K.Adam(**options, ema_overwrite_frequency=None)), X, Y).passed
