"""A trace without TensorFlow: the rules themselves, evaluated in the judged precision."""

import numpy as np

from reference.network import chain
from reference.rules import given_names, rules, start
from reference.tensor_names import before, carried, of_layer, read
from verify.compare.recompute import coefficients_as_numbers
from verify.records.settings import GIVEN, OPTIMIZERS, Settings
from verify.records.trace import Trace

RATE = 0.4  # of what a dropout lets fall, in the masks that are drawn here
SMALL = chain((9, 8, 7, 6), ("relu", "relu", "softmax"))  # unequal sizes: a transpose cannot hide


def simulate(network=SMALL, change=None, seed=0, given=None, **chosen):
    """Return the trace of a run. `given` replaces X, y or weights, in every step.

    `change(step, name, array)` may return another array; what follows from it follows.

    For verify.printed the last sheet is empty and the biases begin at 0, so that there z = 0.
    """
    given_data = {"data": GIVEN} if any(layer.kind == "embedding" for layer, _ in network.places) else {}
    settings = Settings(**{"batch": 5, "steps": 2, **given_data, **chosen})
    rng = np.random.default_rng(seed)
    dtype = np.dtype(settings.dtype).type
    optimizer = OPTIMIZERS[settings.optimizer]
    printed = settings.command == "printed"
    known = {}
    for P in network.parameters():
        scale = 0 if printed and P[0] == "B" else 1 / max(3, np.sqrt(fan_in(network, P)))
        known[P] = (rng.normal(size=network.shape(P)) * scale + (read(P).quantity == "gamma")).astype(dtype)
    for name in network.kept:
        known[before(name)] = np.full(network.tensor_shape(name, 1), "variance" in name, dtype)
    tensors = {}
    for step in range(1, settings.steps + 1):
        for label in network.labels:
            outputs = network.tensor_shape(label, 1)[-1]
            known[label] = np.eye(outputs, dtype=dtype)[rng.integers(outputs, size=settings.batch)]
        known |= {name: inputs(network, name, rng, settings.batch).astype(dtype) for name in network.inputs}
        if printed:
            known["X"][-1] = 0
        known |= {name: np.asarray(array, dtype=dtype) for name, array in (given or {}).items()}
        for M in network.masks():
            shape = network.tensor_shape(M, settings.batch)
            known[M] = drawn(network, M, shape, rng).astype(dtype)
        known |= coefficients_as_numbers(step, optimizer, settings.dtype)
        plan = start(network, optimizer, step == 1, training=settings.training)
        plan += rules(network, settings.loss, optimizer)
        if not settings.training:
            plan = tuple(rule for rule in plan if rule.phase == "forward")
        names = list(given_names(network))
        for rule in plan:
            array = np.asarray(rule(known)).astype(dtype)
            if change is not None:
                array = change(step, rule.tensor, array)
            known[rule.tensor] = array
            names.append(rule.tensor)
        tensors |= {f"step{step}/{name}": np.array(known[name]) for name in dict.fromkeys(names)}
        known |= {name: a for n, a in known.items() if (name := carried(n)) is not None}
    return Trace(settings, network, {"tensorflow": "none: simulated"}, tensors)


def drawn(network, name, shape, rng):
    """Draw what a layer draws: noise of its mean and standard deviation, or a mask."""
    layer = next(layer for layer, place in network.places if name in layer.drawn(place))
    if layer.kind.startswith("gaussian_"):
        return rng.normal(layer.mean, layer.standard_deviation, shape)
    one = [1 if k - len(shape) in layer.shared else size for k, size in enumerate(shape)]
    return np.broadcast_to(rng.random(one) >= RATE, shape)


def inputs(network, name, rng, batch):
    """Numbers from 0 to 1; for an Embedding numbers of its rows."""
    rows = [layer.rows for layer, _ in network.places if layer.kind == "embedding"]
    shape = network.tensor_shape(name, batch)
    return rng.integers(min(rows), size=shape) if rows else rng.random(shape)


def fan_in(network, P):
    """How many numbers a node adds up: n(l-1) for W(l) and B(l), the size of the window for a convolution."""
    kernel = of_layer("W", read(P).layer)
    return int(np.prod(network.shape(kernel)[:-1])) if kernel in network.parameters() else 1


def altered(trace, name, array):
    """The same trace with one tensor replaced (None: removed)."""
    tensors = {n: a for n, a in trace.tensors.items() if n != name}
    if array is not None:
        tensors[name] = np.asarray(array)
    return Trace(trace.settings, trace.network, trace.environment, tensors)
