"""Activations with options: as an argument, as a layer and as an operation, in the middle and at the end of a model."""

from functools import partial

import keras
import numpy as np
import pytest

import verify
from tests.support.simulate import altered
from verify.compare.walk import compare
from verify.errors import Unsupported, Unverifiable

A, L, RNG = keras.activations, keras.layers, np.random.default_rng(0)
GLU_1 = partial(A.glu, axis=1)
MIDDLE = {
    "gelu as argument": ([L.Dense, 4, partial(A.gelu, approximate=True)], "gelu(approximate=True)"),
    "gelu as operation": ([L.Dense, 4, None, keras.ops.gelu], "gelu(approximate=True)"),
    "threshold": ([L.Dense, 4, partial(A.threshold, threshold=0.1, default_value=0.5)],
                  "threshold(threshold=0.1, default_value=0.5)"),
    "relu as function of a tensor": ([L.Dense, 4, None, partial(A.relu, max_value=1.5)], "relu(max_value=1.5)"),
    "relu as layer": ([L.Dense, 4, None, L.ReLU(1.5, 0.25, 0.5)],
                      "relu(max_value=1.5, negative_slope=0.25, threshold=0.5)"),
    "relu with a slope alone": ([L.Dense, 4, None, L.ReLU(negative_slope=0.25)], "leaky_relu(negative_slope=0.25)"),
    "log_softmax": ([L.Dense, 4, "log_softmax"], "log_softmax"),
    "softmax along the rows": ([L.Dense, 4, None, L.Softmax(axis=1)], "softmax(axis=-2)"),
    "log_softmax along the rows": ([L.Dense, 4, None, partial(A.log_softmax, axis=-2)], "log_softmax(axis=-2)"),
    "glu": ([L.Dense, 4, None, A.glu], "glu"),
    "glu along the rows": ([L.Dense, 4, GLU_1, L.GlobalAveragePooling1D()], "glu(axis=-2)"),
    "prelu": ([L.Dense, 4, None, L.PReLU("random_normal")], "prelu"),
    "prelu with shared slopes": ([L.Dense, 4, None, L.PReLU("random_normal", shared_axes=[1])], "prelu(shared=(-2,))"),
}  # fmt: skip
END = {
    "log_softmax": [L.Dense, 3, "log_softmax"],
    "glu as argument": [L.Dense, 6, "glu"],
    "glu as layer": [L.Dense, 6, None, L.Activation("glu")],
    "glu as operation": [L.Dense, 6, None, keras.ops.glu],
    "gelu": [L.Dense, 3, partial(A.gelu, approximate=True)],
    "relu": [L.Dense, 3, None, L.ReLU(max_value=0.5)],
    "threshold": [L.Dense, 3, None, partial(A.threshold, threshold=0.1, default_value=0.5)],
    "prelu": [L.Dense, 3, None, L.PReLU("random_normal")],
}


def model(parts, shape, *last, loss="mean_squared_error"):
    keras.utils.set_random_seed(1)
    kind, units, activation, *rest = parts
    first = tensor = keras.Input(shape)
    for layer in (kind(units, activation=activation), *map(anew, rest), *last):
        tensor = layer(tensor)
    net = keras.Model(first, tensor)
    net.compile("adam", loss, jit_compile=False)
    return net


def anew(layer):
    """A layer is built for one model only; a function is for all."""
    return type(layer).from_config(layer.get_config()) if isinstance(layer, keras.Layer) else layer


def batch(shape):
    return 2 * RNG.normal(size=(6, *shape)).astype("float32"), np.eye(3, dtype="float32")[RNG.integers(3, size=6)]


@pytest.mark.parametrize("name", MIDDLE)
def test_in_the_middle(name):
    parts, text = MIDDLE[name]
    flat = [] if "rows" in name and len(parts) > 3 and isinstance(parts[3], L.GlobalAveragePooling1D) else [L.Flatten()]
    net = model(parts, (4, 5), *flat, L.Dense(3, "softmax"), loss="categorical_crossentropy")
    checked = verify.check(net, *batch((4, 5)), steps=2)
    assert checked.passed, checked.headline
    assert text in [str(layer) for layer, _ in checked.trace.network.places]


@pytest.mark.parametrize("loss", ["mean_squared_error", keras.losses.CategoricalCrossentropy(from_logits=True)])
@pytest.mark.parametrize("name", END)
def test_at_the_end(name, loss):
    checked = verify.check(model(END[name], (5,), loss=loss), *batch((5,)), steps=2)
    assert checked.passed, checked.headline
    output = checked.trace.network.output[1].gives
    wrong = altered(checked.trace, f"step1/{output}", checked.trace.tensors[f"step1/{output}"] * np.float32(1.001))
    failed = {c.tensor for c in compare(wrong, "backprop", modes=("local",)).comparisons if not c.passed}
    assert {output, "C"} <= failed


REFUSED = {
    "alpha=0.5 of celu is not verified": lambda: L.Dense(4, partial(A.celu, alpha=0.5)),
    "b=2 of squareplus is not verified": lambda: L.Dense(4, partial(A.squareplus, b=2)),
    "activation <lambda>: By Hand does not know it": lambda: L.Dense(4, lambda x: x),
    "activation partial: By Hand does not know it": lambda: L.Dense(4, partial(abs)),
    "its threshold is not a number": lambda: L.Dense(4, partial(A.soft_shrink, threshold=np.ones(4, "float32"))),
    "axis=0, the axis of the examples": lambda: L.Dense(4, partial(A.log_softmax, axis=0)),
    "axis=None: it is verified along one axis": lambda: L.Dense(4, partial(A.log_softmax, axis=None)),
    "glu halves axis -1, which has 7 numbers": lambda: L.Dense(7, "glu"),
    "threshold of relu must be a number of 0 or more": lambda: L.Dense(4, partial(A.relu, threshold=-1.0)),
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_verified_is_named(text):
    net = keras.Sequential([keras.Input((5,)), REFUSED[text]()])
    net.compile("adam", "mean_squared_error", jit_compile=False)
    x, y = batch((5,))
    with pytest.raises(Unsupported, match=text):
        verify.check(net, x, np.resize(y, (6, net.output_shape[-1])))


def test_what_keras_itself_cannot_compute_behind_glu_is_no_verdict():
    """Keras declares 8 numbers for a Dense with 8 nodes and glu, builds the next layer for 8, and then has 4."""
    net = keras.Sequential([keras.Input((5,)), L.Dense(8, "glu"), L.Dense(3)])
    net.compile("adam", "mean_squared_error", jit_compile=False)
    with pytest.raises((Unverifiable, Unsupported)):
        verify.check(net, *batch((5,)))
