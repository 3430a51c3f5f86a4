"""Keras's losses: all pass with TensorFlow in both precisions, with and without XLA, and all their forms are read."""

import functools
import inspect
from dataclasses import fields

import keras
import numpy as np
import pytest
import tensorflow as tf

import verify
from reference.losses import kinds, loss_named
from tests.support.loss_cases import CASES, ROWS, N, n
from tests.support.simulate import altered
from verify.capture.compile_arguments import loss_text
from verify.capture.essay_model import use_precision
from verify.capture.losses import readers
from verify.cli.capturing import capture_user_model
from verify.compare.walk import compare
from verify.errors import Unsupported, Unusable

L = keras.layers
X = np.random.default_rng(2).normal(size=(N, 3))


def keras_loss(text):
    """Keras's loss that a text describes, and the weight that `compile` takes."""
    described = loss_named(text)
    known = inspect.signature(readers()[described.kind].__init__).parameters
    options = {name: value for name, value in vars(described).items() if name in known}
    options |= {"axis": -1} if getattr(described, "per_example", False) else {}
    options["reduction"] = {"mean": "sum_over_batch_size"}.get(described.reduction, described.reduction)
    return readers()[described.kind](**options), described.weight


def labels_of(text, dtype):
    rows = ROWS[CASES[text][1]]
    return np.argmax(rows, axis=1) if loss_named(text).takes_classes else rows.astype(dtype)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_all_losses_in_one_model(dtype, jit):
    """Each is the loss of one of many outputs. A slope or a cost that is a little larger fails."""
    try:
        use_precision(dtype)
        keras.utils.set_random_seed(4)
        inputs = keras.Input((3,))
        hidden = L.Dense(4, "tanh")(inputs)
        outputs = [L.Dense(n, activation)(hidden) for activation, _ in CASES.values()]
        model = keras.Model(inputs, outputs)
        losses, weights = zip(*map(keras_loss, CASES), strict=True)
        model.compile("sgd", list(losses), loss_weights=list(weights), jit_compile=jit)
        trace = capture_user_model(model, [(X.astype(dtype), [labels_of(text, dtype) for text in CASES])])
    finally:
        use_precision("float32")
    failed = [c for c in compare(trace, "backprop").comparisons if not c.passed]
    assert not failed, failed[:2]
    assert [loss_named(text) for text in trace.settings.loss.split("; ")] == [loss_named(text) for text in CASES]
    ends = [f"C{k}" for k in range(1, len(CASES) + 1)]
    ends += [f"{'dA' if f'step1/dA{k}' in trace.tensors else 'dZ'}{k}" for k in range(2, len(CASES) + 2)]
    for tensor in ends:
        name = f"step1/{tensor}"
        trace = altered(trace, name, trace.tensors[name] * np.array(1.001, dtype))
    wrong = compare(trace, "backprop", modes=("local",)).comparisons
    assert set(ends) <= {c.tensor for c in wrong if not c.passed}


def small(loss, activation="linear", **how):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.Input((3,)), L.Dense(n, activation)])
    model.compile("sgd", loss, **{"jit_compile": False, **how})
    return model


def text_of(loss, **how):
    return loss_text(small(loss, **how), ("output",), "float32")


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_a_loss_is_read_in_all_its_forms(kind):
    made = readers()[kind]
    forms = [made(), made, getattr(keras.losses, kind)]
    if kind in dir(keras.losses) and not kind.startswith("categorical_generalized"):  # Keras finds it by its class only
        forms += [kind, made.__name__, functools.partial(getattr(keras.losses, kind))]
    assert {text_of(form) for form in forms} == {kind}


ALIASES = {"mse": "mean_squared_error", "MAE": "mean_absolute_error", "mape": "mean_absolute_percentage_error",
           "msle": "mean_squared_logarithmic_error", "bce": "binary_crossentropy", "kld": "kl_divergence"}  # fmt: skip


@pytest.mark.parametrize("alias", ALIASES)
def test_an_alias_is_read(alias):
    assert text_of(alias) == ALIASES[alias]


def test_options_are_read():
    huber = functools.partial(keras.losses.huber, delta=2.5)
    assert text_of(huber) == text_of(keras.losses.Huber(delta=2.5)) == "huber(delta=2.5)"
    text = "binary_focal_crossentropy(reduction='sum', apply_class_balancing=True, alpha=0.7, gamma=1.5, "
    text += "from_logits=True, label_smoothing=0.1)"
    assert text_of(keras.losses.BinaryFocalCrossentropy(True, 0.7, 1.5, True, 0.1, reduction="sum")) == text


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_argument_is_a_field_or_refused(kind):
    """A name and a dtype do not change what is computed; another dtype than the model's is refused."""
    made = readers()[kind]
    arguments = set(inspect.signature(made.__init__).parameters) - {"self", "name", "dtype"}
    assert arguments - {"axis", "ignore_class"} <= {f.name for f in fields(kinds()[kind])}
    for refused in arguments & {"axis", "ignore_class"}:
        with pytest.raises(Unsupported, match=refused):
            text_of(made(**{refused: 0}))


REFUSED = {
    "an axis": (keras.losses.CosineSimilarity(axis=0), "an axis other than the last is not verified"),
    "several α": (
        keras.losses.CategoricalFocalCrossentropy(alpha=[0.1, 0.2, 0.3, 0.4]),
        r"alpha of categorical_focal_crossentropy must be one number; \[0.1, 0.2, 0.3, 0.4\] is not verified",
    ),
    "α above 1": (keras.losses.CategoricalFocalCrossentropy(alpha=1.5), "alpha of .* must be from 0 to 1, not 1.5"),
    "δ": (keras.losses.Huber(delta=-1.0), "delta of huber must be a finite number above 0"),
    "CTC": (
        keras.losses.CTC(),
        "loss CTC: By Hand does not know it; `python -m verify.capture.supported` lists what is verified",
    ),
    "ignore_class": (
        keras.losses.SparseCategoricalCrossentropy(ignore_class=1),
        "ignore_class is not verified; a loss in which every label counts is",
    ),
    "a text for a number": (keras.losses.Huber(delta="1"), "loss huber: delta must be a number, not '1'"),
    "nothing for a number": (keras.losses.Huber(delta=None), "loss huber: delta must be a number, not None"),
    "a text for True": (keras.losses.BinaryCrossentropy("yes"), "from_logits must be True or False, not 'yes'"),
    "a function": (lambda y, p: y - p, "loss <lambda>: it is a function of your own, of which By Hand has no equation"),
    "no reduction": (keras.losses.Poisson(reduction=None), "reduction None is not verified; a mean or a sum is"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_verified_is_named(name):
    loss, words = REFUSED[name]
    with pytest.raises(Unsupported, match=words):
        text_of(loss)


def test_a_wrong_word_is_one_sentence():
    with pytest.raises(Unusable, match="'wrong'"):
        text_of(functools.partial(keras.losses.huber, wrong=2.5))


def test_a_column_of_classes_is_refused_where_keras_mixes_the_examples():
    """Keras's generalized cross-entropy compares each example with the labels of all, if y is [N, 1]."""
    loss = keras.losses.CategoricalGeneralizedCrossEntropy()
    y = np.arange(N) % n
    assert verify.check(small(loss, "softmax"), X, y).passed
    with pytest.raises(Unusable, match=r"y: labels of shape \[N\] are needed for categorical_generalized"):
        verify.check(small(loss, "softmax"), X, y[:, None])
    one = keras.Sequential([keras.Input((3,)), L.Dense(1, "softmax")])
    one.compile("sgd", loss, jit_compile=False)
    with pytest.raises(Unsupported, match="of one class Keras compares each label with all examples"):
        verify.check(one, X, np.zeros(N))


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("loss", ["binary_crossentropy", "binary_focal_crossentropy"])
def test_behind_a_sigmoid_or_softmax_keras_begins_with_z(loss, eager):
    """Both behave alike, compiled or not: the probability of 1 has no logarithm of 0, and Z = 40 costs 40."""
    for activation in ("sigmoid", "softmax"):
        inputs = keras.Input((1,))
        dense = functools.partial(L.Dense, 2, kernel_initializer="ones")
        ends = (
            dense(activation=activation)(inputs),
            L.Activation(activation)(dense()(inputs)),
            getattr(keras.ops, activation)(dense()(inputs)),
        )
        for end in ends:
            model = keras.Model(inputs, end)
            model.compile("sgd", loss, jit_compile=False, run_eagerly=eager)
            checked = verify.check(model, np.array([[40.0]], "float32"), np.zeros((1, 2), "float32"))
            weight = 0.25 if activation == "softmax" and "focal" in loss else 1.0
            assert checked.passed, checked.headline
            assert checked.trace.tensors["step1/C"] == np.float32(40 * weight)


@pytest.mark.parametrize("loss", ["hinge", "mean_absolute_error", "binary_crossentropy(from_logits=True)", "poisson"])
def test_labels_of_one_output_may_be_a_row(loss):
    model = keras.Sequential([keras.Input((3,)), L.Dense(1, "softplus")])
    model.compile("sgd", keras_loss(loss)[0], jit_compile=False)
    assert verify.check(model, X, np.arange(N) % 2).passed


KINKS = {
    "mean_absolute_error": ([1.0], [1.0]),
    "huber": ([1.0, -1.0], [0.0, 0.0]),
    "mean_absolute_percentage_error": ([1.0], [1.0]),
    "mean_squared_logarithmic_error": ([1e-7, 0.0, -1.0], [0.5, 0.5, 0.5]),
    "kl_divergence": ([1e-7, 0.0, 1.0, 1.5], [0.5, 0.5, 0.5, 0.5]),
    "hinge": ([1.0, -1.0], [1.0, -1.0]),
    "squared_hinge": ([1.0, -1.0], [1.0, -1.0]),
    "categorical_hinge": ([0.5, 0.2, 0.2, 0.0], [1.0, 0.0, 0.0, 0.0]),
    "categorical_hinge(weight=1.0)": ([1.5, 0.5, -0.2, 0.0], [1.0, 0.0, 0.0, 0.0]),
    "binary_crossentropy": ([1e-7, 0.0, 1.0, 1.5], [1.0, 1.0, 0.0, 0.0]),
    "binary_crossentropy(from_logits=True)": ([0.0, 0.0], [0.0, 1.0]),
    "binary_focal_crossentropy": ([1.0, 1.0], [1.0, 0.0]),
}


@pytest.mark.parametrize("text", KINKS)
def test_at_kinks_the_slope_is_that_of_tensorflow(text):
    A, y = (np.array([row], "float32") for row in KINKS[text])
    equations, loss = loss_named(text).written("linear"), keras_loss(text)[0]
    given = tf.constant(A)
    with tf.GradientTape() as tape:
        tape.watch(given)
        cost = loss(y, given)
    np.testing.assert_allclose(equations.cost(A, y), cost.numpy(), rtol=2e-6, atol=1e-6)
    np.testing.assert_allclose(equations.slope(A, y), tape.gradient(cost, given).numpy(), rtol=1e-6, atol=1e-9)
