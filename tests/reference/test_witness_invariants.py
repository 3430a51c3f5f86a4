"""Check what holds for any numbers; a wrong function violates each of these claims."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reference import adam, descent, loss
from reference.layers.sigmoid import sigmoid
from reference.layers.softmax import softmax
from reference.optimizers.adam import ALGORITHM_1, KERAS
from reference.rules import LOSSES
from tests.support.witness import SMALL, adam_updates, drawn, evaluate, only_its_own_output

n = 6
EPS = np.finfo(float).eps
ADAMS = st.sampled_from([ALGORITHM_1, KERAS])
COSTS = st.sampled_from(list(LOSSES))
EIGHTHS = st.integers(-160, 160).map(lambda i: i / 8)  # a whole number is added to these without rounding
SCORES = st.integers(1, 4).flatmap(lambda N: arrays(np.float64, (N, n), elements=EIGHTHS))
GRADIENTS = st.integers(1, 4).flatmap(
    lambda steps: arrays(np.float64, (steps, 3), elements=st.floats(0.5, 4) | st.floats(-4, -0.5))
)
SEEDS = st.integers(0, 2**32 - 1)
ORDERS = st.permutations(range(n)).map(np.array)


def rows_sum_to_zero(backward, Z, first):
    y = np.eye(n)[(first + np.arange(len(Z))) % n]
    return np.all(np.abs(np.sum(backward(Z, y), axis=1)) < 8 * EPS)


def through_softmax(backward):
    return lambda Z, y: backward(softmax(Z), y)


def a_shift_changes_nothing(softmax, Z, shift):
    return np.array_equal(softmax(Z + shift), softmax(Z))


def permuted_scores_permute_the_probabilities(softmax, Z, order):
    return np.allclose(softmax(Z[:, order]), softmax(Z)[:, order], rtol=8 * EPS, atol=0)


def batch_is_the_mean_of_its_examples(wrong, cost, seed, N):
    known = drawn(SMALL, N, seed)
    batch = evaluate(SMALL, cost, known, wrong=wrong)
    singles = [
        evaluate(SMALL, cost, known | {name: known[name][[e]] for name in ("X", "y")}, wrong=wrong) for e in range(N)
    ]
    names = ["C", *(f"d{P}" for P in SMALL.parameters())]
    return all(
        np.allclose(batch[name], np.mean([single[name] for single in singles], axis=0), rtol=1e-12, atol=1e-15)
        for name in names
    )


def permuted_nodes_permute_every_tensor(wrong, cost, seed, order):
    """Of layer 1 (4 nodes) and layer 2 (6); the order of the 4 is that of the 6 without its two largest."""
    orders = {0: np.arange(5), 1: order[order < 4], 2: order, 3: np.arange(3)}

    def permuted(name, array):
        if name in ("C", "X", "y", "alpha"):
            return array
        kind, layer = name.removesuffix("_new").removeprefix("update_").removeprefix("d")
        rows = array[orders[int(layer) - 1]] if kind == "W" else array
        return rows[:, orders[int(layer)]]

    def step(known):
        return evaluate(SMALL, cost, known, phases=("forward", "backward", "update"), wrong=wrong)

    known = drawn(SMALL, 3, seed)
    before = step(known)
    after = step({name: permuted(name, array) for name, array in known.items()})
    return all(np.allclose(after[name], permuted(name, before[name]), rtol=1e-11, atol=1e-14) for name in before)


def adam_is_odd(wrong, optimizer, gradients):
    pairs = zip(adam_updates(optimizer, gradients, wrong), adam_updates(optimizer, -gradients, wrong), strict=True)
    return all(np.array_equal(plus, -minus) for plus, minus in pairs)


def adam_without_epsilon_is_free_of_scale(wrong, optimizer, gradients, power):
    """By a power of two, which scales without rounding."""
    optimizer = replace(optimizer, epsilon=0.0)
    scaled = adam_updates(optimizer, gradients * 2.0**power, wrong)
    return all(map(np.array_equal, adam_updates(optimizer, gradients, wrong), scaled))


def adam_leaves_what_has_no_gradient(wrong, optimizer, gradients):
    return all(np.all(update[:, 1] == 0) for update in adam_updates(optimizer, gradients * [1, 0, 1], wrong))


def descent_leaves_what_has_no_gradient(step, P):
    return np.array_equal(descent.descend(P, step(np.zeros(P.shape), 0.01)), P)


# the claim, what it is about, a right function (or no wrong rule), and a wrong one
INVARIANTS = {
    "rows of dZ(L) sum to 0, cross-entropy": (
        rows_sum_to_zero,
        (SCORES, st.integers(0, 5)),
        loss.crossentropy_backward,
        lambda Z, y: (sigmoid(Z) - y) / len(Z),
    ),
    "rows of dZ(L) sum to 0, squared error": (
        rows_sum_to_zero,
        (SCORES, st.integers(0, 5)),
        through_softmax(loss.mean_squared_error_backward),
        through_softmax(lambda A, y: A * (1 - A) * loss.mean_squared_error_slope(A, y)),  # (19), its diagonal alone
    ),
    "softmax: a shift changes nothing": (
        a_shift_changes_nothing,
        (SCORES, st.integers(-1000, 1000)),
        softmax,
        lambda Z: np.maximum(Z, 1) / np.sum(np.maximum(Z, 1), axis=1, keepdims=True),
    ),
    "softmax: permuted scores permute the probabilities": (
        permuted_scores_permute_the_probabilities,
        (SCORES, ORDERS),
        softmax,
        lambda Z: softmax(np.cumsum(Z, axis=1)),
    ),
    "batch gradients are means of single ones": (
        batch_is_the_mean_of_its_examples,
        (COSTS, SEEDS, st.integers(1, 5)),
        {},
        {"dB1": lambda dZ: np.mean(dZ, axis=0, keepdims=True)},
    ),
    "permuted hidden nodes permute every tensor, and the cost stays": (
        permuted_nodes_permute_every_tensor,
        (COSTS, SEEDS, ORDERS),
        {},
        {"dA2": only_its_own_output},
    ),
    "Adam is odd in the gradient": (
        adam_is_odd,
        (ADAMS, GRADIENTS),
        {},
        {"m_W1": lambda m, g: adam.first_moment(m, np.abs(g), 0.9)},
    ),
    "Adam without ε is free of scale": (
        adam_without_epsilon_is_free_of_scale,
        (ADAMS, GRADIENTS, st.integers(-100, 100)),
        {},
        {"v_W1": lambda v, g: adam.second_moment(v, np.sqrt(np.abs(g)), 0.999)},
    ),
    "Adam leaves what has no gradient": (
        adam_leaves_what_has_no_gradient,
        (ADAMS, GRADIENTS),
        {},
        {"m_W1": lambda m, g: adam.first_moment(m, g + 1e-9, 0.9)},
    ),
    "descent leaves what has no gradient": (
        descent_leaves_what_has_no_gradient,
        (SCORES,),
        descent.step,
        lambda dP, eta: eta * (dP + 1e-9),
    ),
}


def holds_everywhere(claim, strategies, function, phases=tuple(Phase)):
    @settings(derandomize=True, deadline=None, phases=phases)
    @given(st.tuples(*strategies))
    def run(drawn_values):
        assert claim(function, *drawn_values)

    run()


@pytest.mark.parametrize("name", INVARIANTS)
def test_it_holds(name):
    claim, strategies, right, _ = INVARIANTS[name]
    holds_everywhere(claim, strategies, right)


@pytest.mark.parametrize("name", INVARIANTS)
def test_a_wrong_function_refutes_it(name):
    claim, strategies, _, wrong = INVARIANTS[name]
    with pytest.raises(AssertionError):
        holds_everywhere(claim, strategies, wrong, phases=[Phase.generate])  # the first will do: no shrinking
