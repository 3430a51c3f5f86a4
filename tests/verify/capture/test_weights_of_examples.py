"""Weights of examples and of classes: in `check`, in `fit`, and in a dataset; what is noticed, and what is refused."""

import numpy as np
import pytest

import verify
from tests.support.simulate import altered
from verify.check_model import Checked
from verify.compare.walk import compare
from verify.errors import Unusable

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")
L = keras.layers
RNG = np.random.default_rng(8)
X = RNG.normal(size=(12, 5)).astype("float32")
CLASSES = RNG.integers(0, 3, 12)
Y = np.eye(3, dtype="float32")[CLASSES]
S = RNG.random(12).astype("float32")
S[4] = 0


def model(loss, last="softmax", jit=False):
    keras.utils.set_random_seed(5)
    net = keras.Sequential([keras.Input((5,)), L.Dense(4, "tanh"), L.Dense(3, last)])
    net.compile("adam", loss, jit_compile=jit)
    return net


def two():
    i = keras.Input((5,))
    h = L.Dense(4, "tanh")(i)
    net = keras.Model(i, {"kind": L.Dense(3, "softmax", name="kind")(h), "size": L.Dense(1, name="size")(h)})
    net.compile("sgd", {"kind": "categorical_crossentropy", "size": "mse"}, loss_weights={"kind": 0.5, "size": 2.0})
    return net


LOSSES = {
    "crossentropy": ("categorical_crossentropy", "softmax"),
    "logits": (keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), None),
    "probabilities": ("categorical_crossentropy", "relu"),
    "squares": ("mse", None),
    "sum": (keras.losses.MeanSquaredError(reduction="sum"), None),
    "by weights": (keras.losses.CategoricalCrossentropy(reduction="mean_with_sample_weight"), "softmax"),
}


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("name", LOSSES)
def test_weights_of_examples_pass(name, jit):
    loss, last = LOSSES[name]
    checked = verify.check(model(loss, last, jit), X, Y, sample_weight=S, steps=2)
    assert checked.passed, checked.headline
    assert np.array_equal(checked.trace.step(1)["s"], S[:, None])


@pytest.mark.parametrize(
    ("reduction", "C", "text"),
    [("sum_over_batch_size", 0.5, "divided by N = 2"), ("mean_with_sample_weight", 1.0, "divided by Σs = 1"),
     ("sum", 1.0, "not divided")],
)  # fmt: skip
def test_a_note_has_the_number_of_examples_and_the_sum_of_their_weights(reduction, C, text):
    net = keras.Sequential([keras.Input((1,)), L.Dense(1, kernel_initializer="ones")])
    net.compile("sgd", keras.losses.MeanAbsoluteError(reduction=reduction))
    x, y, s = np.array([[2.0], [3.0]]), np.array([[1.0], [2.0]]), np.array([0.0, 1.0])
    checked = verify.check(net, x, y, sample_weight=s)  # keras#19740
    note = f"s: in the first step the weights of 2 examples add up to Σs = 1; the cost is {text}"
    assert checked.passed and checked.trace.step(1)["C"] == C
    assert checked.notes == (note,) and note in checked.to_markdown()
    by_hand = verify.ByHand()
    net.fit(x, y, sample_weight=s, verbose=0, callbacks=[by_hand])
    assert by_hand.passed and by_hand.notes == (note,)


def test_wrong_weights_fail_and_are_named():
    checked = verify.check(model("mse", None), X, Y, sample_weight=S)
    trace = checked.trace
    plain = verify.check(model("mse", None), X, Y).trace.step(1)["dA2"]
    for wrong, name in ((plain, "weights of the examples left out"),
                        (trace.step(1)["dA2"] * (12 / S.sum()), "divided by the sum of the weights")):  # fmt: skip
        failed = [c for c in compare(altered(trace, "step1/dA2", wrong), "backprop").comparisons if c.failed]
        assert any(name in (c.explanation or "") for c in failed), [str(c) for c in failed]


def test_weights_of_classes():
    weights = {0: 0.5, 2: 3.0}
    of_each = np.array([weights.get(k, 1.0) for k in CLASSES])
    for y, loss in ((Y, "categorical_crossentropy"), (CLASSES, "sparse_categorical_crossentropy")):
        checked = verify.check(model(loss), X, y, class_weight=weights)
        assert checked.passed and np.array_equal(checked.trace.step(1)["s"][:, 0], of_each)
        listed = verify.check(model(loss), X, y.tolist(), class_weight=weights)
        assert listed.passed and np.array_equal(listed.trace.step(1)["s"][:, 0], of_each)


@pytest.mark.parametrize("options", [{"class_weight": {0: 2.0, 1: 0.25}}, {"sample_weight": S}])
def test_a_training_with_weights(options):
    callback, net = verify.ByHand(), model("sparse_categorical_crossentropy")
    net.fit(X, CLASSES, batch_size=5, epochs=2, verbose=0, callbacks=[callback], **options)
    assert callback.passed and callback.verified == 6, callback.headline


def test_weights_of_several_outputs():
    y = {"kind": Y, "size": X[:, :1]}
    for weights in (S, {"kind": S, "size": 2 * S}):
        checked = verify.check(two(), X, y, sample_weight=weights, steps=2)
        assert checked.passed, checked.headline
    assert np.array_equal(checked.trace.step(2)["s2"][:, 0], 2 * S)
    callback = verify.ByHand()
    two().fit(X, y, sample_weight={"kind": S, "size": 2 * S}, batch_size=4, verbose=0, callbacks=[callback])
    assert callback.passed, callback.headline


def test_weights_that_only_some_outputs_have_are_named():
    y = {"kind": Y, "size": X[:, :1]}
    with pytest.raises(Unusable, match="UNSUPPORTED sample_weight 'size': None beside weights of another output"):
        verify.check(two(), X, y, sample_weight={"kind": S, "size": None})
    with pytest.raises(Unusable, match="class_weight: it is for a model with one output, and this one has 2"):
        verify.check(two(), X, y, class_weight={0: 2.0})


def test_a_dataset_brings_its_weights():
    data = tf.data.Dataset.from_tensor_slices((X, Y, S)).batch(6)
    checked = verify.check(model("categorical_crossentropy"), data, steps=2)
    assert isinstance(checked, Checked) and checked.passed
    assert np.array_equal(checked.trace.step(2)["s"][:, 0], S[6:])


def test_weights_with_a_loss_of_the_whole_batch_are_named():
    with pytest.raises(Unusable, match="dice of the whole batch takes no weights"):
        verify.check(model("dice"), X, Y, sample_weight=S)
    assert verify.check(model(keras.losses.Dice(axis=-1)), X, Y, sample_weight=S).passed


WRONG = {
    "sample_weight: a weight for each of 12 examples": {"sample_weight": S[:5]},
    "sample_weight: finite weights of 0 or more are needed, not -": {"sample_weight": -S},
    "sample_weight: it holds NaN": {"sample_weight": S * np.nan},
    "sample_weight: all weights are 0": {"sample_weight": 0 * S},
    "class_weight: 7 is no class": {"class_weight": {7: 1.0}},
    "class_weight: a dictionary from classes to weights is needed$": {"class_weight": [1.0, 2.0]},
    "class_weight: the weight of class 1": {"class_weight": {1: -2.0}},
    "give one of them": {"class_weight": {0: 1.0}, "sample_weight": S},
}


@pytest.mark.parametrize("text", WRONG)
def test_weights_that_cannot_be_used_are_named(text):
    net = model(keras.losses.CategoricalCrossentropy(reduction="mean_with_sample_weight"))
    before = net.get_weights()
    with pytest.raises(Unusable, match=text):
        verify.check(net, X, Y, **WRONG[text])
    assert all(map(np.array_equal, before, net.get_weights()))


def test_class_weights_are_those_that_keras_makes(monkeypatch):
    from keras.src.trainers.data_adapters import data_adapter_utils

    classes = CLASSES % 2  # the last class has no example
    of_three = {0: 0.5, 1: 2.0, 2: 5.0}
    net = model("sparse_categorical_crossentropy")
    checked = verify.check(net, X, classes, class_weight=of_three)
    assert checked.passed and set(checked.trace.step(1)["s"].ravel().tolist()) == {0.5, 2.0}
    signs = keras.Sequential([keras.Input((5,)), L.Dense(1, "tanh")])
    signs.compile("sgd", "hinge")
    assert verify.check(signs, X, 2 * classes - 1, class_weight={-1: 2.0, 1: 1.0}).passed
    monkeypatch.setattr(data_adapter_utils, "class_weight_to_sample_weights", lambda y, c: np.full(len(y), 9.0))
    with pytest.raises(verify.errors.Unverifiable, match="Keras makes other weights"):
        verify.check(net, X, classes, class_weight=of_three)
