"""The by-hand training: the rules in order, from the first weights on, in the run's own precision.

It is given X and y of every step and never looks at TensorFlow again. So what separates the two sets of weights
later is rounding, carried from step to step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference import tensor_names as names
from reference.network import Network
from reference.optimizers.adam import Adam
from reference.rules import Rule, rules
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array
from verify.training.configuration import Course

CHUNK = 4096  # images predicted at a time, so that memory does not grow with their number


class ByHand:
    """A network that learns by `reference`'s equations alone.  Its state: P, m_P and v_P by name."""

    def __init__(self, course: Course, network: Network, weights: Mapping[str, Array]) -> None:
        self.network = network
        self.parameters = frozenset(network.parameters())
        self.optimizer = OPTIMIZERS[course.optimizer]
        self.kind = np.dtype(course.dtype).type
        self.plan = rules(network, course.loss, self.optimizer)
        self.known: dict[str, Any] = {name: self.kind(c) for name, c in self.optimizer.coefficients.items()}
        self.state = {P: np.array(weights[P], dtype=course.dtype) for P in network.parameters()}
        if isinstance(self.optimizer, Adam):
            moments = {names.kept(letter, P): P for P in network.parameters() for letter in "mv"}
            self.state |= {name: np.zeros_like(self.state[P]) for name, P in moments.items()}

    def step(self, number: int, X: Array, y: Array) -> float:
        """One training step; C of its batch, before the update."""
        before = {name if name in self.parameters else names.before(name): a for name, a in self.state.items()}
        known = {**self.known, **before, "X": X, "y": y, "t": self.kind(number)}
        with np.errstate(all="ignore"):
            for rule in self.plan:
                known[rule.tensor] = rule(known)
        self.state = {name: known[names.new(name) if name in self.parameters else name] for name in self.state}
        return float(known["C"])

    def predict(self, X: Array) -> NDArray[np.int64]:
        """The digit of each image: the output with the largest probability.  X [N, 784] -> [N]."""
        return predict(self.plan, self.state, X, self.network.depth)


def first_weights(course: Course, network: Network) -> dict[str, Array]:
    """Glorot's uniform weights, biases 0: a start that needs no TensorFlow, a function of the seed alone."""
    rng, found = np.random.default_rng(course.seed), {}
    for P in network.parameters():
        shape = network.shape(P)
        most = np.sqrt(6 / sum(shape)) if names.read(P).quantity == "W" else 0.0
        found[P] = rng.uniform(-most, most, shape).astype(course.dtype)
    return found


def predict(plan: tuple[Rule, ...], weights: Mapping[str, Array], X: Array, depth: int) -> NDArray[np.int64]:
    """The same for any weights."""
    forward = [rule for rule in plan if rule.phase == "forward" and rule.tensor != "C"]
    found = []
    for first in range(0, len(X), CHUNK):
        known: dict[str, Any] = {**weights, "X": X[first : first + CHUNK]}
        for rule in forward:
            known[rule.tensor] = rule(known)
        found.append(np.argmax(known[names.of_layer("A", depth)], axis=1))
    return np.concatenate(found)
