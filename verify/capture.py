"""Capture what TensorFlow computes. The only file that imports TensorFlow or Keras.

Keras's own layers, loss and optimizer do all the computing. Inside one `tf.function` each layer is called
with a linear activation, which gives Z, and its own activation is applied to that, which gives A; one
gradient tape gives every gradient; the optimizer's `assign_sub` is listened to for what is subtracted.
Two checks say whether this disturbed anything: the weights must equal, bit for bit, those that an ordinary
`train_on_batch` reaches from the same start, and a second capture must equal the first.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

os.environ["KERAS_BACKEND"] = "tensorflow"  # it is TensorFlow that is verified, whatever else is set

import keras
import numpy as np
import tensorflow as tf

from reference.descent import SGD
from reference.network import Network
from verify.errors import Unverifiable
from verify.samples import Samples
from verify.settings import NETWORK, OPTIMIZERS, Settings
from verify.trace import Array, Trace

Tensors = dict[str, Any]


def keras_mnist() -> Any:
    """MNIST by Keras's loader: its cache, else its download."""
    return keras.datasets.mnist.load_data()


def environment() -> dict[str, str]:
    """Versions and machine, for the report; no time and no path."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
        "system": platform.system(),
        "machine": platform.machine(),
    }


def capture(settings: Settings, samples: Samples) -> Trace:
    """Run, capture and check the capture.  Raises Unverifiable naming the tensor that is not reproduced."""
    batches = [samples.batch(settings, step) for step in range(1, settings.steps + 1)]
    model = build(settings, NETWORK)
    run = _training if settings.training else _forward
    begin = _snapshot(model)
    step = run(model)
    first = _run(step, batches)
    after = _snapshot(model)
    _restore(model, begin)
    _check_fidelity(model, batches, settings, first, after)
    _restore(model, begin)
    _check_reproducible(first, _run(step, batches))
    return Trace(settings, NETWORK, environment(), first)


def build(settings: Settings, network: Network) -> Any:
    """The essay's model, compiled, its weights and its optimizer's variables made from the seed."""
    keras.backend.clear_session()
    keras.config.set_floatx(settings.dtype)
    keras.config.set_dtype_policy(settings.dtype)
    keras.utils.set_random_seed(settings.seed)
    layers = [keras.layers.Dense(n, f) for n, f in zip(network.sizes[1:], network.activations, strict=True)]
    model = keras.Sequential([keras.Input((network.sizes[0],)), *layers])
    model.compile(optimizer=_optimizer(settings), loss=settings.loss, jit_compile=settings.jit)
    model.optimizer.build(model.trainable_variables)
    return model


def _optimizer(settings: Settings) -> Any:
    """Keras's own, with the coefficients of the equations; for "adam" and "sgd" they are Keras's defaults."""
    chosen = OPTIMIZERS[settings.optimizer]
    if isinstance(chosen, SGD):
        return keras.optimizers.SGD(learning_rate=chosen.learning_rate)
    return keras.optimizers.Adam(
        learning_rate=chosen.learning_rate, beta_1=chosen.beta_1, beta_2=chosen.beta_2, epsilon=chosen.epsilon
    )


def _variables(model: Any) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


def _numpy(variable: Any) -> Array:
    return np.array(keras.ops.convert_to_numpy(variable))


def _snapshot(model: Any) -> list[Array]:
    return [_numpy(v) for v in _variables(model)]


def _restore(model: Any, values: list[Array]) -> None:
    for variable, value in zip(_variables(model), values, strict=True):
        variable.assign(value)


def _run(step: Callable[[Any, Any], Tensors], batches: list[tuple[Array, Array]]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for number, (X, y) in enumerate(batches, 1):
        tensors = step(tf.constant(X), tf.constant(y))
        named = {"X": X, "y": y, **{name: t.numpy() for name, t in tensors.items()}}
        found |= {f"step{number}/{name}": _as_rows(name, array) for name, array in named.items()}
    return found


def _as_rows(name: str, array: Array) -> Array:
    """Keras keeps a bias as [n]; the essay writes it [1, n]."""
    return array.reshape(1, -1) if array.ndim == 1 else array


@contextmanager
def _activation_apart(layer: Any) -> Iterator[Callable[[Any], Any]]:
    """The layer with a linear activation while inside; hands out its own."""
    own = layer.activation
    layer.activation = keras.activations.linear
    try:
        yield own
    finally:
        layer.activation = own


def _pass(model: Any, X: Any, found: Tensors) -> Any:
    """Through all layers, keeping every Z and A by name; returns the prediction."""
    A = X
    for number, layer in enumerate(model.layers, 1):
        with _activation_apart(layer) as activation:
            Z = layer(A)
        A = activation(Z)
        found |= {f"Z{number}": Z, f"A{number}": A}
    return A


def _parameters(model: Any) -> dict[str, Any]:
    """W1, B1, … by name, as variables."""
    return {
        f"{kind}{number}": variable
        for number, layer in enumerate(model.layers, 1)
        for kind, variable in (("W", layer.kernel), ("B", layer.bias))
    }


def _forward(model: Any) -> Callable[[Any, Any], Tensors]:
    def step(X: Any, y: Any) -> Tensors:
        found: Tensors = {P: tf.identity(variable.value) for P, variable in _parameters(model).items()}
        prediction = _pass(model, X, found)
        found["C"] = model.compute_loss(x=X, y=y, y_pred=prediction, training=False)
        return found

    compiled: Callable[[Any, Any], Tensors] = tf.function(step, jit_compile=model.jit_compile or None, autograph=False)
    return compiled


def _training(model: Any) -> Callable[[Any, Any], Tensors]:
    parameters = _parameters(model)
    moments = _moments(model, parameters)

    def step(X: Any, y: Any) -> Tensors:
        found: Tensors = {P: tf.identity(variable.value) for P, variable in parameters.items()}
        found |= {f"{name}_before": tf.identity(variable.value) for name, variable in moments.items()}
        with tf.GradientTape() as tape:
            inner: Tensors = {}
            prediction = _pass(model, X, inner)
            cost = model.compute_loss(x=X, y=y, y_pred=prediction, training=True)
        last = f"A{len(model.layers)}"
        wanted = {name: tensor for name, tensor in inner.items() if name != last}
        wanted |= {P: variable.value for P, variable in parameters.items()}
        gradients = tape.gradient(cost, wanted)
        found |= inner | {"C": cost} | {f"d{name}": gradients[name] for name in wanted}
        with _subtractions(model.optimizer) as subtracted:
            model.optimizer.apply([gradients[P] for P in parameters], list(parameters.values()))
        found |= {f"update_{P}": subtracted[_key(variable)] for P, variable in parameters.items()}
        found |= {name: tf.identity(variable.value) for name, variable in moments.items()}
        found |= {f"{P}_new": tf.identity(variable.value) for P, variable in parameters.items()}
        return found

    compiled: Callable[[Any, Any], Tensors] = tf.function(step, jit_compile=model.jit_compile or None, autograph=False)
    return compiled


def _moments(model: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    """Adam's m and v of each parameter, by name; none for plain gradient descent."""
    held = {variable.path.rpartition("/")[2]: variable for variable in model.optimizer.variables}
    found = {}
    for P, variable in parameters.items():
        for letter, word in (("m", "momentum"), ("v", "velocity")):
            name = f"{variable.path.replace('/', '_')}_{word}"
            if name in held:
                found[f"{letter}_{P}"] = held[name]
    return found


def _key(variable: Any) -> int:
    return id(variable.value if isinstance(variable, keras.Variable) else variable)


@contextmanager
def _subtractions(optimizer: Any) -> Iterator[dict[int, Any]]:
    """What the optimizer subtracts from each variable, η∇C, while inside."""
    heard: dict[int, Any] = {}
    own = optimizer.assign_sub

    def listen(variable: Any, value: Any) -> None:
        heard[_key(variable)] = value
        own(variable, value)

    optimizer.assign_sub = listen
    try:
        yield heard
    finally:
        del optimizer.assign_sub


def same_bits(a: Array, b: Array) -> bool:
    """Equal in every bit; NaN equals NaN, and -0 differs from 0."""
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _check_fidelity(
    model: Any, batches: list[tuple[Array, Array]], settings: Settings,
    first: dict[str, Array], after: list[Array],
) -> None:  # fmt: skip
    """What the model does by itself from the same start must be what was captured."""
    for number, (X, y) in enumerate(batches, 1):
        if not settings.training:
            ordinary = {f"A{len(model.layers)}": np.array(model.predict_on_batch(X))}
        else:
            model.train_on_batch(X, y)
            ordinary = {f"{P}_new": _numpy(v) for P, v in _parameters(model).items()}
        for name, array in ordinary.items():
            if not same_bits(_as_rows(name, array), first[f"step{number}/{name}"]):
                raise Unverifiable(f"capturing step {number} changed {name}: an ordinary run gives other bits")
    if settings.training:
        for variable, value in zip(_variables(model), after, strict=True):
            if variable.path.startswith(model.optimizer.name) and not same_bits(_numpy(variable), value):
                raise Unverifiable(f"capturing changed {variable.path}: an ordinary run gives other bits")


def _check_reproducible(first: dict[str, Array], second: dict[str, Array]) -> None:
    for name, array in first.items():
        if not same_bits(array, second[name]):
            raise Unverifiable(f"the capture is not reproducible: a second run gives {name} other bits")
