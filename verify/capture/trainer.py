"""Train a network in TensorFlow step by step, with access to every tensor of each step."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from reference.network import Network
from verify.capture.batch import Batch
from verify.capture.capture import faithful, has_own_results, with_own_results
from verify.capture.environment import environment
from verify.capture.essay_model import build, moments, restore, snapshot, to_numpy
from verify.capture.model_reader import understand
from verify.capture.step import training
from verify.capture.threads import bits_are_equal
from verify.capture.written import named
from verify.errors import Unverifiable
from verify.records.arrays import as_row
from verify.records.settings import Settings
from verify.records.trace import Array

CHUNK = 4096  # the most images predicted at once, which limits the memory needed


class Learner:
    """A network in training. Its state is every variable of the model and its optimizer, in Keras's order."""

    def __init__(self, settings: Settings, network: Network) -> None:
        self.environment: Mapping[str, str] = environment()
        if bits_are_equal(settings, network):  # then the result must not depend on their number either
            self.environment = {name: text for name, text in self.environment.items() if name != "threads"}
        self.settings, self.network = settings, network
        self.model = build(settings, network)
        self.understood = understand(self.model)
        self.parameters = self.understood.parameters
        self._step = training(self.model, self.understood)
        self._forward = tf.function(lambda X: tf.argmax(self.model(X, training=False), axis=1))

    def check(self, batches: list[tuple[Array, Array]]) -> None:
        """Take these steps with and without capturing, then restore the state.  Raises Unverifiable if they differ."""
        begin = snapshot(self.model)
        every = [Batch((X,), (y,)) for X, y in batches]
        tensors = faithful(self.model, self.understood, self._step, every, self.settings)
        if has_own_results(tensors) and not self.settings.jit:
            raise Unverifiable("Keras's own step has other bits than the captured one, which the training would follow")
        restore(self.model, begin)

    def step(self, X: Array, y: Array) -> dict[str, Array]:
        """Take one training step and return every tensor by name, including X and y.

        Under XLA Keras's own step is taken after the captured one, because it may end with other bits.
        """
        begin = snapshot(self.model) if self.settings.jit else []
        found = self._step((tf.constant(X),), (tf.constant(y),), ())
        seen = {name: _seen(tensor) for name, tensor in found.items()}
        tensors = named(seen, Batch((X,), (y,)), self.settings, self.network)
        if not self.settings.jit:
            return tensors
        after = snapshot(self.model)
        restore(self.model, begin)
        self.model.train_on_batch(X, y)
        return with_own_results(self.model, self.understood, self.settings, tensors, after)

    def weights(self) -> dict[str, Array]:
        """Return the parameters by name, biases as [1, n]."""
        return {P: as_row(to_numpy(variable)) for P, variable in self.parameters.items()}

    def tensors(self) -> dict[str, Array]:
        """Return the current parameters and moments by name: P, m_P, v_P."""
        arrays = {name: to_numpy(variable) for name, variable in moments(self.model, self.parameters).items()}
        return self.weights() | {name: as_row(array) for name, array in arrays.items()}

    def state(self) -> list[Array]:
        """Return copies of all variables, for `restore`."""
        return snapshot(self.model)

    def restore(self, state: list[Array]) -> None:
        """Set all variables to an earlier state."""
        restore(self.model, state)

    def predict(self, X: Array) -> NDArray[np.int64]:
        """Return the predicted digit of each image: the output with the largest probability.  X [N, 784] -> [N]."""
        parts: list[Any] = [self._forward(tf.constant(X[i : i + CHUNK])).numpy() for i in range(0, len(X), CHUNK)]
        return np.concatenate(parts)


def _seen(tensor: Any) -> Array:
    """Return a read-only array of the tensor's own memory, without a copy. The array keeps the memory alive."""
    return np.asarray(memoryview(tensor))
