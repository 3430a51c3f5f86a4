"""A training in TensorFlow, a step at a time, every tensor of each step in hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from reference.network import Network
from verify.capture.capture import faithful
from verify.capture.environment import environment
from verify.capture.essay_model import build, moments, parameters, restore, snapshot, to_numpy
from verify.capture.step import training
from verify.capture.threads import bits_are_equal
from verify.records.arrays import as_rows
from verify.records.settings import Settings
from verify.records.trace import Array

CHUNK = 4096  # images predicted at a time, so that memory does not grow with their number


class Learner:
    """A network in training. Its state: every variable of the model and its optimizer, in Keras's order."""

    def __init__(self, settings: Settings, network: Network) -> None:
        self.environment: Mapping[str, str] = environment()
        if bits_are_equal(settings, network):  # then the result must not hang on their number either
            self.environment = {name: text for name, text in self.environment.items() if name != "threads"}
        self.settings, self.network = settings, network
        self.model = build(settings, network)
        self.parameters = parameters(self.model)
        self._step = training(self.model)
        self._forward = tf.function(lambda X: tf.argmax(self.model(X, training=False), axis=1))

    def check(self, batches: list[tuple[Array, Array]]) -> None:
        """Do these steps as capture and as `train_on_batch`, and go back.  Raises Unverifiable if they differ."""
        begin = snapshot(self.model)
        faithful(self.model, self._step, batches, self.settings)
        restore(self.model, begin)

    def step(self, X: Array, y: Array) -> dict[str, Array]:
        """One training step: every tensor by its name, X and y among them."""
        tensors = self._step(tf.constant(X), tf.constant(y))
        return {"X": X, "y": y, **{name: as_rows(name, _seen(tensor)) for name, tensor in tensors.items()}}

    def weights(self) -> dict[str, Array]:
        """P by name, biases as [1, n]."""
        return {P: as_rows(P, to_numpy(variable)) for P, variable in self.parameters.items()}

    def tensors(self) -> dict[str, Array]:
        """P, m_P and v_P by name, as they are now."""
        moved = {name: to_numpy(variable) for name, variable in moments(self.model, self.parameters).items()}
        return self.weights() | {name: as_rows(name, array) for name, array in moved.items()}

    def state(self) -> list[Array]:
        return snapshot(self.model)

    def restore(self, state: list[Array]) -> None:
        restore(self.model, state)

    def predict(self, X: Array) -> NDArray[np.int64]:
        """The digit of each image: the output with the largest probability.  X [N, 784] -> [N]."""
        parts: list[Any] = [self._forward(tf.constant(X[i : i + CHUNK])).numpy() for i in range(0, len(X), CHUNK)]
        return np.concatenate(parts)


def _seen(tensor: Any) -> Array:
    """TensorFlow's own memory, read-only, without a copy; it is kept as long as the array is."""
    return np.asarray(memoryview(tensor))
