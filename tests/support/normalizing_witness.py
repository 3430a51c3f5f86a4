"""Helpers of the witnesses of layers that normalise."""

import numpy as np

from reference.network import line
from reference.rules import rules
from tests.support.layer_witness import apart
from tests.support.witness import complex_step, differences
from verify.bounds import Ball
from verify.compare.variants import variants
from verify.records.precision import FLOAT32
from verify.records.settings import OPTIMIZERS

RNG = np.random.default_rng(5)
# The complex step has an error of h² = 1e-60, so what remains is the rounding of some hundred operations: 1e-14 each
# relative to the largest term. Wrong gradients are apart by more than 1e-4, which is the ε that they leave out.
NEAR, FAR = 1e-12, 1e-4


def drawn(*shape):
    """Numbers near 1.5, so that a mean that is not subtracted shows."""
    return RNG.normal(size=shape) + 1.5


def slopes_are(found, cost, at, *wrong):
    """A gradient has the slopes of a cost, by the complex step through the whole layer; wrong ones have not."""
    slopes = differences(complex_step, cost, at)
    assert apart(found, slopes) < NEAR
    for other in wrong:
        assert apart(other, slopes) > FAR


def step_of(layer, example, batch, seed=0):
    """The rules of the layer in a network, and every tensor that they read in float32, with numbers of usual size."""
    from reference.layers.dense import Dense
    from reference.layers.flatten import Flatten
    from reference.layers.input import Input

    parts = [Input(example if len(example) > 1 else example[0]), Dense(example[-1]), layer, Flatten(), Dense(2)]
    network = line(parts)
    rng = np.random.default_rng(seed)
    of_layer = [r for r in rules(network, "mean_squared_error", OPTIMIZERS["sgd"]) if r.kind == layer.kind]
    known = {}
    for name in {n for r in of_layer for n in r.inputs} - {r.tensor for r in of_layer if r.phase == "forward"}:
        shape = network.tensor_shape(name, batch)
        positive = "variance" in name or "gamma" in name
        numbers = rng.normal(size=shape)
        known[name] = (0.5 + np.abs(numbers) if positive else numbers + 0.3 * (name[0] != "d")).astype(np.float32)
    return network, of_layer, known


def unnoticed(layer, example, batch):
    """The variants of a layer's rules whose numbers all lie in the balls of the rules, in float32."""
    network, of_layer, known = step_of(layer, example, batch)
    found, count = [], 0
    for rule in of_layer:
        known[rule.tensor] = np.asarray(rule(known)).astype(np.float32)
        ball = rule({name: Ball.exact(known[name], FLOAT32) for name in rule.inputs})
        assert np.all(np.abs(known[rule.tensor] - ball.value) <= ball.spread()), rule.tensor
        for variant in variants(rule, network, OPTIMIZERS["sgd"]):
            if any("~" in name or name not in known for name in variant.rule.inputs):
                continue  # it reads the step before
            count += 1
            try:
                wrong = np.broadcast_to(variant.rule(known), ball.shape)
            except ValueError:  # it has another shape
                continue
            if np.all(np.abs(wrong - ball.value) <= ball.spread()):
                found.append((rule.tensor, variant.name))
    assert count
    return found
