"""Keras's Embedding in real trainings: it passes, and faults are noticed."""

import keras
import numpy as np
import pytest

import verify
from verify.capture.essay_model import use_precision
from verify.errors import Unusable

L, K = keras.layers, keras.optimizers
RNG = np.random.default_rng(0)
X = RNG.integers(0, 7, (8, 5))
Y = np.eye(2, dtype="float32")[RNG.integers(0, 2, 8)]
X[0, :3], X[X == 6] = 4, 5  # a row is used several times in an example, and row 6 is not used
END = L.GlobalAveragePooling1D, lambda: L.Dense(4, "relu"), lambda: L.Dense(2, "softmax")


def model(optimizer="adam", shape=(5,), before=(), dtype=None, rows=7, **how):
    """Return a compiled model that reads words; `dtype` is that of its input."""
    keras.utils.set_random_seed(3)
    layers = [*before, L.Embedding(rows, 3), *(make() for make in END)]
    net = keras.Sequential([keras.Input(shape, dtype=dtype), *layers])
    net.compile(optimizer, "categorical_crossentropy", **how)
    return net


@pytest.fixture
def precision():
    """A function that sets Keras's precision; afterwards it is float32 again."""
    yield use_precision
    use_precision("float32")


OPTIMIZERS = {
    "adam": K.Adam, "amsgrad": lambda: K.Adam(0.01, amsgrad=True), "adamw": lambda: K.AdamW(weight_decay=0.1),
    "sgd": K.SGD, "decay": lambda: K.SGD(weight_decay=0.1), "momentum": lambda: K.SGD(0.01, 0.9),
    "nesterov": lambda: K.SGD(0.01, 0.9, True),
    "schedule": lambda: K.SGD(K.schedules.ExponentialDecay(0.1, 2, 0.5)),
}  # fmt: skip
WAYS = [
    *((name, {"jit_compile": jit}, "float32") for name in OPTIMIZERS for jit in (False, True)),
    *((name, {"jit_compile": jit}, "float64") for name in ("adam", "sgd") for jit in (False, True)),
    ("adam", {"run_eagerly": True}, "float32"),
    ("nesterov", {"run_eagerly": True}, "float32"),
]


@pytest.mark.parametrize(("optimizer", "how", "dtype"), WAYS, ids=str)
def test_it_is_verified(optimizer, how, dtype, precision):
    precision(dtype)
    result = verify.check(model(OPTIMIZERS[optimizer](), **how), X, Y, steps=3)
    assert result.passed, result.headline
    assert result.trace.tensors["step1/X"].dtype == dtype and np.array_equal(result.trace.tensors["step1/X"], X)
    W, Z, dW = (result.trace.tensors[f"step2/{name}"] for name in ("W1", "Z1", "dW1"))
    assert np.array_equal(Z, W[X]) and not dW[6].any() and dW[4].all()


@pytest.mark.parametrize("jit", [False, True])
def test_keras_adds_up_squares_where_a_row_is_used_several_times(jit):
    """Adam's v of a row has Σ g², not (Σ g)²; g are the gradients of its places."""
    tensors = verify.check(model("adam", jit_compile=jit), X, Y).trace.tensors
    dZ, dW, v = (tensors[f"step1/{name}"].astype(float) for name in ("dZ1", "dW1", "v_W1"))
    squares = np.zeros(dW.shape)
    np.add.at(squares, X, dZ * dZ)
    assert np.allclose(v, 0.001 * squares, rtol=1e-5, atol=0)  # a few roundings of float32
    assert not np.allclose(v, 0.001 * dW * dW, rtol=0.1, atol=0)


INPUTS = {
    "int64": X, "int32": X.astype("int32"), "uint8": X.astype("uint8"), "float32": X.astype("float32"),
    "float64": X.astype("float64"), "bool": X > 3,
}  # fmt: skip


@pytest.mark.parametrize("dtype", [None, "int32", "int64"])
@pytest.mark.parametrize("name", INPUTS)
def test_whole_numbers_of_any_type(name, dtype):
    assert verify.check(model(dtype=dtype), INPUTS[name], Y).passed


BEFORE = {
    "a grid": ((5, 2), [L.Reshape((10,))]),
    "flattened": ((5, 2), [L.Flatten()]),
    "channels first": ((5, 2), [L.Flatten("channels_first")]),
    "moved": ((5, 2), [L.Permute((2, 1)), L.Reshape((5, 2)), L.Cropping1D(1), L.ZeroPadding1D(1), L.UpSampling1D(2),
                       L.Flatten()]),
    "repeated": ((5,), [L.RepeatVector(2), L.Flatten()]),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [None, "int32"])
@pytest.mark.parametrize("name", BEFORE)
def test_layers_that_only_move_numbers_stand_before_it(name, dtype):
    shape, layers = BEFORE[name]
    x = RNG.integers(0, 7, (8, *shape))
    made = [type(layer).from_config(layer.get_config()) for layer in layers]
    result = verify.check(model(shape=shape, before=made, dtype=dtype), x, Y, steps=2)
    assert result.passed, result.headline


def test_rows_and_a_grid_without_any_layer_before_it():
    net = keras.Sequential([keras.Input((2, 3)), L.Embedding(7, 3), L.Flatten(), L.Dense(2, "softmax")])
    net.compile("sgd", "categorical_crossentropy")
    assert verify.check(net, RNG.integers(0, 7, (8, 2, 3)), Y).passed


def test_two_tables_and_the_numbers_themselves():
    """Two embeddings of one input, beside a Dense that reads the same numbers; a frozen table."""
    i = keras.Input((5,))
    parts = [L.Flatten()(L.Embedding(7, 2)(i)), L.Flatten()(L.Embedding(9, 3, trainable=False)(i)), L.Dense(2)(i)]
    net = keras.Model(i, L.Dense(2, "softmax")(L.Concatenate()(parts)))
    net.compile("adam", "categorical_crossentropy")
    result = verify.check(net, X, Y, steps=2)
    assert result.passed, result.headline
    tables = [P for P in ("W1", "W2", "W3") if result.trace.tensors[f"step1/{P}"].shape == (9, 3)]
    for P in tables:
        assert np.array_equal(result.trace.tensors[f"step1/{P}_new"], result.trace.tensors[f"step1/{P}"])
    assert len(tables) == 1
    with pytest.raises(Unusable, match="from 0 to 6, not 8"):
        verify.check(net, np.full((8, 5), 8), Y)


def test_a_prediction():
    from verify.cli.capturing import capture_user_model
    from verify.compare.walk import compare

    comparisons = compare(capture_user_model(model(), [(X, Y)], command="feedforward"), "feedforward").comparisons
    assert comparisons and all(c.passed for c in comparisons)


@pytest.mark.parametrize("jit", [False, True])
def test_inside_fit(jit):
    net, by_hand = model(jit_compile=jit), verify.ByHand()
    net.fit(X, Y, batch_size=3, epochs=2, verbose=0, callbacks=[by_hand])  # the last batch is smaller
    assert by_hand.passed and by_hand.verified == 6, by_hand.headline
    strange = np.where(np.arange(8)[:, None] == 7, 9, X)
    with pytest.raises(Unusable, match="from 0 to 6, not 9"):
        model().fit(strange, Y, shuffle=False, batch_size=4, verbose=0, callbacks=[verify.ByHand()])


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("most", [{"clipnorm": 0.01}, {"clipvalue": 1e-3}, {"global_clipnorm": 0.01}], ids=str)
@pytest.mark.parametrize("kind", [K.Adam, K.SGD, lambda **most: K.SGD(0.1, 0.9, True, **most)])
def test_clipped_rows(kind, most, jit):
    """Keras clips single rows by their norm or by value, and by the norm of all gradients after it added them up."""
    result = verify.check(model(kind(**most), jit_compile=jit), X, Y, steps=2)
    assert result.passed, result.headline
    tensors = {name: result.trace.tensors[f"step1/{name}"].astype(float) for name in ("dZ1", "dW1", "clipped_W1")}
    assert not np.allclose(tensors["clipped_W1"], tensors["dW1"], rtol=1e-2, atol=0)


def one_row_further(monkeypatch):
    own = L.Embedding.call
    monkeypatch.setattr(L.Embedding, "call", lambda self, x: own(self, (x + 1) % 7))


def the_last_gradient_alone(monkeypatch):
    """TensorFlow's gradient as an assignment in place of a sum."""
    import tensorflow as tf

    own = tf.GradientTape.gradient

    def gradient(self, target, sources, *rest, **options):
        def assigned(g):
            if not isinstance(g, tf.IndexedSlices):
                return g
            return tf.tensor_scatter_nd_update(tf.zeros(g.dense_shape, g.dtype), g.indices[:, None], g.values)

        return tf.nest.map_structure(assigned, own(self, target, sources, *rest, **options))

    monkeypatch.setattr(tf.GradientTape, "gradient", gradient)


@pytest.mark.parametrize(
    ("fault", "tensor", "cause"),
    [
        (one_row_further, "Z1", "rows counted from -1"),
        (the_last_gradient_alone, "dW1", "the last gradient alone"),
    ],
)
def test_a_fault_is_noticed_and_named(fault, tensor, cause, monkeypatch):
    fault(monkeypatch)
    result = verify.check(model("sgd", run_eagerly=True), X, Y)
    first = next(c for c in result.result.comparisons if not c.passed and c.mode == "local")
    assert not result.passed and first.tensor == tensor and cause in first.explanation, first
