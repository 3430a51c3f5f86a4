"""Models with several inputs and several outputs, each output with a loss of its own."""

from collections import OrderedDict

import keras
import numpy as np
import pytest

import verify
from tests.support.simulate import altered
from verify.cli.capturing import capture_user_model
from verify.compare.walk import compare
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.errors import Unsupported, Unusable
from verify.records import trace_file

L = keras.layers
RNG = np.random.default_rng(0)
N = 7
A, B = RNG.normal(size=(N, 4)).astype("float32"), RNG.normal(size=(N, 2, 3)).astype("float32")
KIND = RNG.integers(3, size=N)
ONE_HOT, PRICE = np.eye(3, dtype="float32")[KIND], RNG.normal(size=(N, 1)).astype("float32")


def parts():
    """Two inputs and two outputs, of which the second reads the first."""
    keras.utils.set_random_seed(1)
    a, b = keras.Input((4,), name="a"), keras.Input((2, 3), name="b")
    hidden = L.Dense(6, "relu")(L.Concatenate()([a, L.Flatten()(L.Dense(3, "tanh")(b))]))
    kind = L.Dense(3, "softmax", name="kind")(hidden)
    price = L.Dense(1, name="price")(L.Dropout(0.3)(L.Concatenate()([hidden, kind])))
    return a, b, kind, price


def lists():
    a, b, kind, price = parts()
    model = keras.Model([a, b], [kind, price])
    return model, [A, B], [ONE_HOT, PRICE], ["categorical_crossentropy", "mse"], [0.25, 2.0]


def dictionaries():
    a, b, kind, price = parts()
    model = keras.Model({"a": a, "b": b}, {"price": price, "kind": kind})
    losses = {"price": "mse", "kind": "sparse_categorical_crossentropy"}
    return model, {"b": B, "a": A}, {"price": PRICE, "kind": KIND}, losses, {"price": 0.5, "kind": 3.0}


def named_losses_of_a_list():
    model, x, y, _, _ = lists()
    return model, x, y, {"price": "mse", "kind": "categorical_crossentropy"}, {"kind": 0.5, "price": 2.0}


def one_loss_for_all():
    a, b, kind, price = parts()
    model = keras.Model([a, b], [kind, price, kind])
    return model, [A, B], [ONE_HOT, PRICE, ONE_HOT * 0.5], "mse", None


class Own(keras.Model):
    """A model with a `call` of its own that takes a dictionary and gives a list."""

    def __init__(self):
        super().__init__()
        self.hidden, self.kind, self.price = L.Dense(5, "tanh"), L.Dense(3), L.Dense(1, "sigmoid")

    def call(self, x, training):
        h = self.hidden(inputs=x["a"])
        return [self.kind(h), self.price(h)]


def subclassed():
    keras.utils.set_random_seed(2)
    model = Own()
    model({"a": A}, training=False)
    return model, {"a": A}, [ONE_HOT, PRICE], [keras.losses.CategoricalCrossentropy(from_logits=True), "mse"], None


MODELS = [lists, dictionaries, named_losses_of_a_list, one_loss_for_all, subclassed]


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
@pytest.mark.parametrize("make", MODELS)
def test_several_ends_pass(make, jit):
    model, x, y, loss, weights = make()
    model.compile("adam", loss, loss_weights=weights, jit_compile=jit)
    result = verify.check(model, x, y, steps=2)
    assert result.passed, result.headline
    step = result.trace.step(1)
    costs = [float(step[f"C{k}"]) for k in range(1, len(result.trace.network.outputs) + 1)]
    assert float(step["C"]) == pytest.approx(sum(costs), rel=1e-6)  # a few roundings of float32


@pytest.mark.parametrize("make", [lists, dictionaries])
def test_a_fit_of_several_ends_passes(make):
    model, x, y, loss, weights = make()
    model.compile("sgd", loss, loss_weights=weights)
    by_hand = verify.ByHand()
    model.fit(x, y, batch_size=3, epochs=2, verbose=0, callbacks=[by_hand])
    assert by_hand.passed and by_hand.verified == 6, by_hand.headline


def test_a_prediction_of_several_outputs_passes():
    model, x, y, loss, _ = lists()
    model.compile("sgd", loss)
    trace = capture_user_model(model, [(x, y)], command="feedforward")
    assert all(c.passed for c in compare(trace, "feedforward").comparisons)


def held(make=lists):
    model, x, y, loss, weights = make()
    model.compile("adam", loss, loss_weights=weights)
    return verify.check(model, x, y).trace


def test_a_trace_is_read_back_and_explained(tmp_path):
    trace = held(one_loss_for_all)
    (tmp_path / "t.npz").write_bytes(trace_file.to_bytes(trace))
    again = trace_file.load(str(tmp_path / "t.npz"))
    assert again.network == trace.network and again.settings == trace.settings
    case = DerivedStep(again, 1)
    for tensor in ("C", "C1", "C2", "dA3", "dZ3", "dZ4"):
        assert explain(case, tensor, (1,) * len(case.shape(tensor))).passed, tensor


@pytest.mark.parametrize("ends", [[1], "1", [0], [-1], [99], [4.0], list(range(400))])
def test_outputs_that_fit_no_network_are_refused(tmp_path, ends, monkeypatch):
    monkeypatch.setattr(trace_file, "_manifest_network", _with_outputs(ends))
    (tmp_path / "t.npz").write_bytes(trace_file.to_bytes(held()))
    with pytest.raises(Unusable, match=r"t\.npz: the manifest describes no usable network"):
        trace_file.load(str(tmp_path / "t.npz"))


def _with_outputs(ends):
    return lambda network: {"layers": trace_file.described(network)["layers"], "outputs": ends}


@pytest.mark.parametrize("name", ["C", "C1", "C2", "dZ3", "dZ4", "dA3", "y1", "X2"])
def test_a_wrong_number_is_noticed(name):
    trace = held()
    array = trace.tensors[f"step1/{name}"].copy()
    array[(0,) * array.ndim] += 0.01
    assert not all(c.passed for c in compare(altered(trace, f"step1/{name}", array), "backprop").comparisons)


def test_a_loss_weight_that_is_not_used_is_noticed(monkeypatch):
    model, x, y, loss, weights = lists()
    model.compile("sgd", loss, loss_weights=weights)
    own = keras.ops.multiply
    monkeypatch.setattr(
        keras.src.trainers.compile_utils.ops,
        "multiply",
        lambda a, b: a if isinstance(b, float) and b == 2 else own(a, b),
    )
    result = verify.check(model, x, y)
    assert not result.passed and result.result.first_divergence.tensor == "C", result.headline


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"y": [ONE_HOT]}, "y: 2 parts are needed"),
        ({"x": A}, "x: 2 parts are needed"),
        ({"x": {"a": A, "c": B}}, "x: a part for each of a, b is needed, not for a, c"),
        ({"x": [A, B[:3]]}, "7, 3 examples and 7, 7 labels"),
        ({"x": [A, B[:, :1]]}, r"x 'b': examples of shape \[1, 3\]"),
        ({"y": [ONE_HOT, ONE_HOT]}, "y 'price': rows of 1 numbers"),
        ({"y": [ONE_HOT * np.nan, PRICE]}, "y 'kind': it holds NaN"),
    ],
)
def test_parts_that_do_not_fit_are_named(change, word):
    model, x, y, loss, _ = lists()
    model.compile("sgd", loss)
    with pytest.raises(Unusable, match=word):
        verify.check(model, **({"x": x, "y": y} | change))


@pytest.mark.parametrize(
    ("loss", "weights", "word"),
    [
        (["mse", None], None, "output price: it has no loss"),
        ({"kind": "mse"}, None, "loss: one for each of kind, price"),
        (["mse", "circle"], None, "of the output price"),
        ("mse", [1.0], "loss_weights: one for each of 2 outputs"),
    ],
)
def test_losses_that_are_not_verified_are_named(loss, weights, word):
    model, x, y, _, _ = lists()
    model.compile("sgd", loss, loss_weights=weights)
    with pytest.raises(Unsupported, match=word):
        verify.check(model, x, y)


def of_equal_shapes():
    """Two inputs of one shape and two outputs of one shape, each with another role."""
    a, b = keras.Input((4,), name="b"), keras.Input((4,), name="a")
    hidden = L.Dense(5, "tanh")(L.Subtract()([a, b]))
    return a, b, L.Dense(2, name="up")(hidden), L.Dense(2, name="down")(hidden)


TWO = RNG.normal(size=(N, 2)).astype("float32")


@pytest.mark.parametrize("kind", [list, dict])
def test_ends_of_equal_shapes_keep_their_order(kind):
    a, b, up, down = of_equal_shapes()
    x, y = {"b": A, "a": A[::-1]}, {"up": TWO, "down": -2 * TWO}
    model = keras.Model({"b": a, "a": b}, {"up": up, "down": down}) if kind is dict else keras.Model([a, b], [up, down])
    x, y = (x, y) if kind is dict else (list(x.values()), list(y.values()))
    model.compile("sgd", "mse", jit_compile=False)
    checked = verify.check(model, x, y)
    step, given = checked.trace.step(1), model.predict_on_batch(x)
    right = [given["down"], given["up"]] if kind is dict else list(given)
    assert checked.passed, checked.headline
    np.testing.assert_allclose([step[place.gives] for _, place in checked.trace.network.outputs], right, rtol=1e-5)
    expected = (A[::-1], -2 * TWO) if kind is dict else (A, TWO)
    assert np.array_equal(step["X1"], expected[0]) and np.array_equal(step["y1"], expected[1])


def test_an_ordered_dictionary_in_another_order_is_named():
    """Keras 3.15.1 sorts what it is given, and takes the inputs in the order of the dictionary: it swaps them."""
    a, b, up, down = of_equal_shapes()
    for x, y in ((OrderedDict(b=a, a=b), up), ({"b": a, "a": b}, OrderedDict(up=up, down=down))):
        model = keras.Model(x, y)
        model.compile("sgd", "mse", jit_compile=False)
        with pytest.raises(Unsupported, match="OrderedDict"):
            verify.check(model, {"b": A, "a": A}, TWO)


def test_another_optimizer_or_loss_keeps_the_loss_weights():
    a, b, up, down = of_equal_shapes()
    model = keras.Model([a, b], [up, down])
    model.compile("sgd", ["mse", "mse"], loss_weights=[100.0, 0.5], jit_compile=False)
    own = verify.check(model, [A, A[::-1]], [TWO, TWO]).trace
    for options in ({"optimizer": "sgd"}, {"loss": ["mse", "mse"]}):
        trace = verify.check(model, [A, A[::-1]], [TWO, TWO], **options).trace
        assert trace.settings.loss == own.settings.loss
        np.testing.assert_allclose(trace.step(1)["C"], own.step(1)["C"], rtol=1e-6)
    with pytest.raises(Unusable, match="loss_weights: with one loss for all 2 outputs Keras takes none"):
        verify.check(model, [A, A[::-1]], [TWO, TWO], loss="mse")


def test_loss_weights_that_keras_does_not_use_are_named():
    a, b, up, down = of_equal_shapes()
    model, weights = keras.Model([a, b], [up, down]), [1.0, 2.0]
    model.compile("sgd", ["mse", "mse"], loss_weights=weights, jit_compile=False)
    model.train_on_batch([A, A], [TWO, TWO])
    weights[0] = model._compile_loss._user_loss_weights[0] = 5.0
    with pytest.raises(Unsupported, match="changed after the first step"):
        verify.check(model, [A, A], [TWO, TWO])
