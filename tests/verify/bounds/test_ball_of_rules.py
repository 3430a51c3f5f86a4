"""Every rule of the reference, evaluated in float32 and in any order of summation, stays inside its ball."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.network import chain
from reference.rules import LOSSES, rules
from tests.verify.bounds.test_ball import Shuffled, numbers, used
from verify.bounds import Ball
from verify.compare.evaluation import evaluate, fused, scalars
from verify.records.precision import FLOAT32
from verify.records.settings import OPTIMIZERS

NETWORKS = {"small": chain((9, 8, 7, 6), ("relu", "relu", "softmax")), "real": chain()}


def states(network, rng, batch, optimizer):
    """Inputs for every rule: what a float32 evaluation of all of them in order gives."""
    known = {P: numbers(rng, network.shape(P), 0.5) / 8 for P in network.parameters()}
    known["X"] = numbers(rng, (batch, network.sizes[0]), 0.5)
    known["y"] = np.eye(network.sizes[-1], dtype=np.float32)[rng.integers(network.sizes[-1], size=batch)]
    for P in network.parameters():
        known[f"m_{P}_before"] = numbers(rng, network.shape(P), 2) / 100
        known[f"v_{P}_before"] = numbers(rng, network.shape(P), 2) ** 2 / 10000
    known |= {"t": np.float32(rng.integers(1, 1000))}
    return known | {name: np.float32(c) for name, c in optimizer.coefficients.items()}


def every_rule(network, rng, batch, cost, optimizer):
    known = states(network, rng, batch, optimizer)
    largest = {}
    for rule in rules(network, cost, optimizer):
        scalars = optimizer.coefficients
        balls = {
            n: Ball.constant(scalars[n], FLOAT32) if n in scalars else Ball.exact(known[n], FLOAT32)
            for n in rule.inputs
        }
        with np.errstate(all="ignore"):
            result = rule({n: Shuffled(known[n], rng) for n in rule.inputs})
        known[rule.tensor] = result.array
        largest[rule.tensor] = used(rule(balls), result.array)
    return largest


@pytest.mark.parametrize("cost", LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32), batch=st.integers(1, 9))
def test_every_rule_stays_inside(cost, optimizer, seed, batch):
    every_rule(NETWORKS["small"], np.random.default_rng(seed), batch, cost, OPTIMIZERS[optimizer])


def test_every_rule_at_the_real_sizes_and_no_ball_is_idle():
    rng = np.random.default_rng(7)
    largest = every_rule(NETWORKS["real"], rng, 1, "categorical_crossentropy", OPTIMIZERS["adam"])
    several = every_rule(NETWORKS["real"], rng, 4, "categorical_crossentropy", OPTIMIZERS["adam"])
    for tensor, ratio in largest.items():
        ratio = max(ratio, several[tensor])
        exact = tensor[0] == "A" or tensor.startswith("dZ")  # relu and its slope round nothing
        assert ratio > 0.002 or exact, (tensor, ratio)


SEEDS = st.integers(0, 2**32)


HIDDEN = ("relu", "tanh", "sigmoid", "leaky_relu", "leaky_relu(negative_slope=0.01)", "linear")


OUTPUTS = {
    "softmax": (
        "categorical_crossentropy(label_smoothing=0.1)", "categorical_crossentropy(reduction='sum')",
        "categorical_crossentropy", "mean_squared_error(reduction='sum')", "sparse_categorical_crossentropy",
    ),
    "sigmoid": ("categorical_crossentropy", "mean_squared_error", "sparse_categorical_crossentropy"),
    "relu": ("categorical_crossentropy(label_smoothing=0.2)", "sparse_categorical_crossentropy", "mean_squared_error"),
    "linear": ("categorical_crossentropy(from_logits=True, label_smoothing=0.1)", "mean_squared_error"),
}  # fmt: skip


CHOSEN = (
    "sgd(momentum=0.9)", "sgd(momentum=0.9, nesterov=True)", "sgd(weight_decay=0.01, clipvalue=0.01)",
    "rmsprop(global_clipnorm=0.1)", "rmsprop(momentum=0.9, weight_decay=0.01)", "rmsprop(centered=True, clipnorm=0.1)",
    "adagrad", "adadelta(learning_rate=1.0, clipvalue=0.01)", "adamax(clipnorm=0.1)", "lion(global_clipnorm=0.1)",
    "nadam", "ftrl(l1_regularization_strength=0.01, beta=0.2)", "lamb(weight_decay=0.01)",
    "muon(ns_steps=3.0, adam_lr_ratio=0.3)", "adafactor(clip_threshold=0.5)",
    "adafactor(beta_2_decay=-0.5, weight_decay=0.1)",
    "muon(nesterov=False, rms_rate=0.0, clipnorm=0.1)",
    "adam(amsgrad=True)", "adam(weight_decay=0.004, clipnorm=0.1)", "adam(global_clipnorm=0.1)",
    "sgd(learning_rate=exponential_decay(initial_learning_rate=0.1, decay_steps=3.0, decay_rate=0.9))",
    "sgd(learning_rate=inverse_time_decay(initial_learning_rate=0.1, decay_steps=3.0, decay_rate=0.9, staircase=True))",
    "adam(learning_rate=polynomial_decay(initial_learning_rate=0.1, decay_steps=7.0, power=2.0))",
    "sgd(learning_rate=piecewise_constant_decay(boundaries=(2.0, 5.0), values=(0.1, 0.2, 0.05)))",
)  # fmt: skip


def drawn_network(rng):
    output = str(rng.choice(list(OUTPUTS)))
    depth = int(rng.integers(1, 4))
    activations = (*(str(rng.choice(HIDDEN)) for _ in range(depth - 1)), output)
    sizes = tuple(int(n) for n in rng.integers(2, 9, depth + 1))
    rates = tuple(float(r) for r in rng.choice([0.0, 0.3], depth + 1))
    rescaling = ((1 / 3, 0.1),) if rng.random() < 0.3 else ()
    biases = tuple(bool(b) for b in rng.random(depth) < 0.7)
    return chain(sizes, activations, biases, rates if any(rates) else (), rescaling)


def _of_factor(rng, name, network):
    """Numbers above 0, as Adafactor's means over the rows or columns of a parameter are."""
    return (np.abs(numbers(rng, network.tensor_shape(name, 1), 1)) + 0.1).astype(np.float32)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(seed=SEEDS, batch=st.integers(1, 6))
def test_every_rule_of_any_network_stays_inside(seed, batch):
    rng = np.random.default_rng(seed)
    network = drawn_network(rng)
    cost, optimizer = str(rng.choice(OUTPUTS[network.activations[-1]])), OPTIMIZERS[str(rng.choice(CHOSEN))]
    t = int(rng.integers(1, 12))
    known = {P: numbers(rng, network.shape(P), 0.5) / 4 for P in network.parameters()}
    known |= {"X": numbers(rng, (batch, network.sizes[0]), 0.5), "t": np.float32(t)}
    known["y"] = np.eye(network.sizes[-1], dtype=np.float32)[rng.integers(network.sizes[-1], size=batch)]
    known |= {M: (rng.random((batch, network.sizes[int(M[1:])])) < 0.7).astype(np.float32) for M in network.masks()}
    for P in network.parameters():
        known |= {f"{m}_{P}_before": np.abs(numbers(rng, network.shape(P), 2)) / 100 for m in optimizer.of(P).keeps}
        known |= {f"{m}_{P}_before": _of_factor(rng, f"{m}_{P}", network) for m in optimizer.of(P).keeps if m in "rc"}
    known |= {f"{name}_before": np.float32(0.3) for name in optimizer.numbers}
    known |= {name: np.float32(c) for name, c in optimizer.coefficients.items()}
    exact = scalars(t, optimizer, FLOAT32)
    for rule in rules(network, cost, optimizer):
        balls = {n: exact[n] if n in exact else Ball.exact(known[n], FLOAT32) for n in rule.inputs}
        ball = evaluate(rule, fused(rule, balls, False), FLOAT32)
        read = {n: known[n] if np.ndim(known[n]) == 0 else Shuffled(known[n], rng) for n in rule.inputs}
        with np.errstate(all="ignore"):
            result = rule(read)
        found = np.asarray(getattr(result, "array", result), dtype=np.float32)
        known[rule.tensor] = found
        bounded = np.isfinite(ball.spread())
        there = np.isfinite(found) & bounded
        if rule.phase == "forward":  # a gradient at a cut-off may be anything, and so may Adam's step near 0/0
            assert (bounded | ~np.isfinite(found)).all(), (rule.tensor, network, cost)
        with np.errstate(invalid="ignore"):
            assert np.all((np.abs(found - ball.value) <= ball.spread())[there]), (rule.tensor, network, cost)


def test_a_rescaling_and_a_dropout_may_become_one_constant():
    """XLA makes x · 0.3 · 1/0.9 one product: what D0 is, from S1 as it was rounded, needs the bound of `folded`."""
    network = chain((400, 2), ("linear",), (), (0.1, 0.0), ((0.3, 0.0),))
    plan = {rule.tensor: rule for rule in rules(network, "mean_squared_error", OPTIMIZERS["sgd"])}
    x = np.random.default_rng(0).random((32, 400)).astype(np.float32)
    scale, keep = np.float32(0.3), np.float32(1 / 0.9)
    known = {"S1": Ball.exact(x * scale, FLOAT32), "M0": Ball.exact(np.ones_like(x), FLOAT32)}
    found = x * (scale * keep)
    rule = plan["D0"]
    ball, without = evaluate(rule, fused(rule, known, False), FLOAT32), evaluate(rule, known, FLOAT32)
    assert np.all(np.abs(found - ball.value) <= ball.spread())
    assert np.any(np.abs(found - without.value) > without.spread())
    assert np.any(np.abs(found * np.float32(1 + 1e-6) - ball.value) > ball.spread())
