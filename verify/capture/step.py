"""One pass or one training step, compiled, that hands out every tensor by the essay's name.

Each layer is called with a linear activation, which gives Z, and its own activation is applied to that, which
gives A; one gradient tape gives every gradient; the optimizer's `assign_sub` is listened to for what is
subtracted. Keras's own layers, loss and optimizer do all the computing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

from verify.capture.model import moments as moments_of
from verify.capture.model import parameters as parameters_of

Tensors = dict[str, Any]


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


def forward(model: Any) -> Callable[[Any, Any], Tensors]:
    def step(X: Any, y: Any) -> Tensors:
        found: Tensors = {P: tf.identity(variable.value) for P, variable in parameters_of(model).items()}
        prediction = _pass(model, X, found)
        found["C"] = model.compute_loss(x=X, y=y, y_pred=prediction, training=False)
        return found

    compiled: Callable[[Any, Any], Tensors] = tf.function(step, jit_compile=model.jit_compile or None, autograph=False)
    return compiled


def training(model: Any) -> Callable[[Any, Any], Tensors]:
    parameters = parameters_of(model)
    moments = moments_of(model, parameters)

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
