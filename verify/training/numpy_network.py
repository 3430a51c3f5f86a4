"""The by-hand training: every rule of every step in order, in the precision of the run.

It starts from TensorFlow's first weights and then receives only X and y of every step. So a later difference between
the two sets of weights comes from rounding, carried from step to step.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference import tensor_names as names
from reference.network import Network
from reference.rules import Rule, rules
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array
from verify.training.configuration import TrainingConfiguration

CHUNK = 4096  # images predicted at a time, to limit memory


class NumpyNetwork:
    """A network that learns by the equations of `reference` alone.

    `state` has the weights P and what the optimizer keeps of each, such as the moments m_P and v_P, by name.
    """

    def __init__(self, configuration: TrainingConfiguration, network: Network, weights: Mapping[str, Array]) -> None:
        self.network = network
        self.parameters = frozenset(network.parameters())
        self.optimizer = OPTIMIZERS[configuration.optimizer]
        self.dtype = np.dtype(configuration.dtype).type
        self.rules = rules(network, configuration.loss, self.optimizer)
        self.coefficients: dict[str, Any] = {name: self.dtype(c) for name, c in self.optimizer.coefficients.items()}
        self.state = {P: np.array(weights[P], dtype=configuration.dtype) for P in network.parameters()}
        moments = {names.kept(moment, P): P for P in network.parameters() for moment in self.optimizer.keeps}
        self.state |= {name: np.zeros_like(self.state[P]) for name, P in moments.items()}

    def step(self, number: int, X: Array, y: Array) -> float:
        """Carry out one training step and return the cost C of its batch before the update."""
        before = {name if name in self.parameters else names.before(name): a for name, a in self.state.items()}
        tensors = {**self.coefficients, **before, "X": X, "y": y, "t": self.dtype(number)}
        with np.errstate(all="ignore"):
            for rule in self.rules:
                tensors[rule.tensor] = rule(tensors)
        self.state = {name: tensors[names.new(name) if name in self.parameters else name] for name in self.state}
        return float(tensors["C"])

    def predict(self, X: Array) -> NDArray[np.int64]:
        """Return the digit of each image: the output with the largest probability.  X [N, 784] -> [N]."""
        return predict(self.rules, self.state, X, self.network.depth)


def first_weights(configuration: TrainingConfiguration, network: Network) -> dict[str, Array]:
    """Return Glorot's uniform weights and zero biases; they depend on the seed alone and need no TensorFlow."""
    rng, weights = np.random.default_rng(configuration.seed), {}
    for P in network.parameters():
        shape = network.shape(P)
        limit = np.sqrt(6 / sum(shape)) if names.read(P).quantity == "W" else 0.0
        weights[P] = rng.uniform(-limit, limit, shape).astype(configuration.dtype)
    return weights


def predict(rules: tuple[Rule, ...], weights: Mapping[str, Array], X: Array, depth: int) -> NDArray[np.int64]:
    """Return the digit of each image under the given weights: the largest output.  X [N, 784] -> [N]."""
    forward = [rule for rule in rules if rule.phase == "forward" and rule.tensor != "C"]
    digits = []
    for first in range(0, len(X), CHUNK):
        tensors: dict[str, Any] = {**weights, "X": X[first : first + CHUNK]}
        for rule in forward:
            tensors[rule.tensor] = rule(tensors)
        digits.append(np.argmax(tensors[names.of_layer("A", depth)], axis=1))
    return np.concatenate(digits)
