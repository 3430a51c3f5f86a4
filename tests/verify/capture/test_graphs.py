"""Keras models with branches, layers used twice, operations, and a `call` of their own."""

import numpy as np
import pytest

import verify
from tests.support.simulate import altered
from verify.cli.capturing import capture_user_model
from verify.compare.walk import compare
from verify.errors import Unsupported, Unverifiable

keras = pytest.importorskip("keras")
L = keras.layers


def batch(shape=(5,), outputs=3, examples=8, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(examples, *shape)).astype("float32")
    return x, np.eye(outputs, dtype="float32")[rng.integers(0, outputs, examples)]


def three(i):
    return L.Dense(4, "relu")(i), L.Dense(4, "tanh")(i), L.Dense(4)(i)


def joined():
    i = keras.Input((5,))
    a, b, c = three(i)
    layers = [
        L.Add()([a, b, c]),
        L.Subtract()([a, b]),
        L.Multiply()([a, b, c]),
        L.Average()([a, c, b]),
        L.Add()([a, a]),
    ]
    layers += [L.Maximum()([a, b, c]), L.Minimum()([c, a, a])]
    return keras.Model(i, L.Dense(3, "softmax")(L.Concatenate()(layers)))


def operations():
    i = keras.Input((5,))
    a, b, _ = three(i)
    both = keras.ops.maximum(keras.ops.relu(a + b) * b, a - b)
    return keras.Model(i, L.Dense(3, "softmax")(keras.ops.tanh(both)))


def residual():
    i = keras.Input((5,))
    a = L.Dense(4, "relu")(i)
    b = L.ReLU()(L.Add()([a, L.Dense(4)(L.Dropout(0.3)(a))]))
    c = L.Activation("relu")(L.Add()([b, L.Dense(4)(b)]))
    return keras.Model(i, L.Dense(3, "softmax")(c))


def wide_and_deep():
    i = keras.Input((5,))
    return keras.Model(i, L.Dense(3, "softmax")(L.Concatenate()([i, L.Dense(4, "relu")(L.Dense(4, "relu")(i))])))


def one_layer_twice():
    i, dense = keras.Input((5,)), L.Dense(5, "tanh")
    return keras.Model(i, L.Dense(3, "softmax")(dense(dense(i))))


def several_activations():
    layers = [L.Activation("tanh"), L.Dense(4, "relu"), L.Activation("sigmoid"), L.Dropout(0.3), L.Dropout(0.2)]
    return keras.Sequential([keras.Input((5,)), *layers, L.Dense(3), L.Dropout(0.5), L.Softmax()])


def image_behind_an_activation():
    return keras.Sequential([keras.Input((4, 5)), L.Activation("tanh"), L.Flatten(), L.Dense(3, "softmax")])


def rows():
    return keras.Sequential([keras.Input((4, 5)), L.Dense(6, "relu"), L.Dense(2), L.Flatten(), L.Dense(3, "softmax")])


class Own(keras.Model):
    """A model with a `call` of its own; dropout in training only."""

    def __init__(self):
        super().__init__()
        self.hidden, self.drop, self.out = L.Dense(6, "relu"), L.Dropout(0.3), L.Dense(3, "softmax")

    def call(self, x, training=None):
        h = self.hidden(x)
        return self.out(self.drop(h, training=training) + keras.ops.relu(h))


def subclassed():
    model = Own()
    model(np.zeros((1, 5), "float32"))
    return model


MODELS = [joined, operations, residual, wide_and_deep, one_layer_twice, several_activations, rows, subclassed,
          image_behind_an_activation]  # fmt: skip


def shape_of(make):
    return (4, 5) if make in (rows, image_behind_an_activation) else (5,)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("make", MODELS)
def test_a_graph_passes(make, jit):
    keras.utils.set_random_seed(1)
    model = make()
    model.compile("adam", "categorical_crossentropy", jit_compile=jit)
    before = [keras.ops.convert_to_numpy(v) for v in model.variables]
    result = verify.check(model, *batch(shape_of(make)), steps=2)
    assert result.passed, result.headline
    after = [keras.ops.convert_to_numpy(v) for v in model.variables]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_a_training_of_a_graph_passes():
    keras.utils.set_random_seed(1)
    model, by_hand = residual(), verify.ByHand()
    model.compile("adam", "categorical_crossentropy")
    model.fit(*batch(examples=20), batch_size=8, epochs=2, verbose=0, callbacks=[by_hand])
    assert by_hand.passed and by_hand.verified == 6, by_hand.headline


def test_a_prediction_of_a_subclass_passes():
    model = subclassed()
    model.compile("sgd", "categorical_crossentropy")
    trace = capture_user_model(model, [batch()], command="feedforward")
    comparisons = compare(trace, "feedforward").comparisons
    assert "D1" not in trace.step(1) and comparisons and all(c.passed for c in comparisons)
    H = trace.tensors["step1/H1"].copy()
    H[0, 0] += 1
    assert not all(c.passed for c in compare(altered(trace, "step1/H1", H), "feedforward").comparisons)


def test_a_branch_that_is_lost_is_noticed(monkeypatch):
    monkeypatch.setattr(L.Add, "call", lambda self, inputs: inputs[0] * 1.0)
    model = residual()
    model.compile("sgd", "categorical_crossentropy")
    with pytest.raises(Unverifiable, match="no gradient"):
        verify.check(model, *batch())
    monkeypatch.setattr(L.Add, "call", lambda self, inputs: inputs[0] + inputs[1] * 0.999)
    result = verify.check(model, *batch())
    assert not result.passed and "J1" in result.headline


def test_a_call_that_changes_its_mind_is_noticed():
    class Changes(Own):
        def call(self, x, training=None):
            factor = 1.0 if isinstance(x, keras.KerasTensor) else 2.0
            return self.out(self.drop(self.hidden(x) * factor if factor == 2 else self.hidden(x), training=training))

    model = Changes()
    model(np.zeros((1, 5), "float32"))
    model.compile("sgd", "categorical_crossentropy", run_eagerly=True)
    with pytest.raises(Unverifiable, match="other bits"):
        verify.check(model, *batch())


def refused(model):
    model.compile("sgd", "categorical_crossentropy")
    with pytest.raises(Unsupported) as error:
        verify.check(model, *batch())
    return str(error.value)


def test_what_is_not_verified_is_named():
    i = keras.Input((5,))
    assert "By Hand does not know it" in refused(keras.Model(i, L.Dense(3)(keras.ops.sin(i))))
    broadcast = L.Add()([L.Dense(3)(i), L.Dense(1)(i)])
    assert "of one shape" in refused(keras.Model(i, broadcast))
    assert "axis 0" in refused(keras.Model(i, L.Dense(3)(L.Concatenate(axis=0)([i, i]))))
    added = keras.Model(i, L.Dense(3)(i + 1.0))
    assert "more than tensors" in refused(added)


class Odd(Own):
    def call(self, x, training=None):
        if not isinstance(x, keras.KerasTensor):
            return super().call(x, training)
        raise RuntimeError("only real numbers, please")


def test_a_call_that_cannot_be_read_is_named():
    model = Odd()
    model(np.zeros((1, 5), "float32"))
    assert "only real numbers, please" in refused(model) and "symbolic" in refused(model)


def test_an_open_shape_is_named():
    i = keras.Input((None, 5))
    assert "only the batch may be open" in refused(keras.Model(i, L.Dense(3)(i)))


def test_a_softmax_of_images_runs_over_the_channels():
    layers = L.Conv2D(3, 2, activation="softmax"), L.Flatten(), L.Dense(3, "softmax")
    model = keras.Sequential([keras.Input((4, 3, 2)), *layers])
    model.compile("sgd", "categorical_crossentropy")
    result = verify.check(model, *batch((4, 3, 2)))
    assert result.passed, result.headline
    assert np.allclose(result.trace.step(1)["A1"].sum(axis=-1), 1, rtol=1e-6)  # sums of three float32 numbers


def test_a_shared_layer_with_an_activation_behind_one_of_its_calls():
    i, dense = keras.Input((4,)), L.Dense(4)
    model = keras.Model(i, L.Dense(3, "softmax")(L.Add()([hidden := L.ReLU()(dense(i)), dense(hidden)])))
    model.compile("sgd", "categorical_crossentropy")
    result = verify.check(model, *batch((4,)))
    assert result.passed and "B2" not in result.trace.step(1), result.headline


def test_a_call_that_gives_several_tensors_is_named():
    i = keras.Input((4,))
    halves = keras.ops.split(i, 2, axis=-1)
    assert "gives 2 tensors" in refused(keras.Model(i, L.Dense(3)(L.Add()(halves))))
