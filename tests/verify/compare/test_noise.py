"""Noise: independent normal numbers pass; what chance does not explain fails."""

import numpy as np
import pytest

from tests.support.graphs import graph
from tests.support.simulate import altered, simulate
from verify.compare.masks import Masks
from verify.compare.noise import is_coarse, moments, repeats, strange_moments
from verify.compare.walk import compare

RNG = np.random.default_rng(3)


def normal(mean=0.0, deviation=0.1, shape=(8, 30)):
    return RNG.normal(mean, deviation, shape).astype("float32")


def strange(noise, mean, deviation):
    """What is wrong with noise in one step."""
    if is_coarse(noise, mean, deviation):
        return ""
    return strange_moments(moments(noise, mean, deviation), mean, deviation) or repeats(noise, deviation)


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (8, 30), (200, 2), (2, 200)])
@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 0.1), (0.0, 50.0), (1.0, 3.0), (1.0, 1e-3), (1.0, 1e-7)])
def test_normal_numbers_pass(mean, deviation, shape):
    assert not [text for _ in range(100) if (text := strange(normal(mean, deviation, shape), mean, deviation))]


WRONG = {
    "another mean": (normal(0.1), "its mean is"),
    "another standard deviation": (normal(0.0, 0.2), "its standard deviation is"),
    "the variance in its place": (normal(0.0, 0.01), "its standard deviation is"),
    "nothing": (np.zeros((8, 30), "float32"), "its standard deviation is 0"),
    "one size, with both signs": (
        np.sign(normal(shape=(20, 60))) * np.float32(0.1),
        "% of its 1,200 numbers are at most",
    ),
    "even between two ends": (RNG.uniform(-0.1 * 3**0.5, 0.1 * 3**0.5, (90, 90)).astype("float32"), "% of its 8,100"),
    "one for all examples": (np.repeat(normal(shape=(1, 60)), 8, axis=0), "two of the 8 examples"),
    "one for all nodes": (np.repeat(normal(shape=(60, 1)), 8, axis=1), "two of the 8 nodes"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_chance_does_not_explain_fails(name):
    noise, text = WRONG[name]
    assert text in strange(noise, 0.0, 0.1)


NETWORK = graph("input(nodes=30)", "gaussian_noise", "dense(nodes=9)", "gaussian_dropout", "dense(nodes=3)", "softmax")


def test_the_noise_of_the_step_before_fails():
    judge, noise, other = Masks(NETWORK), normal(), normal(1.0, 1.0, (8, 9))
    assert not list(judge.problems(1, {"E1": noise, "E2": other}))
    (found,) = judge.problems(2, {"E1": noise, "E2": normal(1.0, 1.0, (8, 9))})
    assert found.tensor == "E1" and "noise of step 1 again" in found.explanation and not found.passed


def test_another_distribution_is_noticed_in_a_long_training():
    """Even numbers of the right mean and deviation: chance in one step of 240 numbers, not in 50 of them."""
    judge, wide = Masks(graph("input(nodes=30)", "gaussian_noise", "dense(nodes=3)", "softmax")), 0.1 * 3**0.5
    steps = (RNG.uniform(-wide, wide, (8, 30)).astype("float32") for _ in range(50))
    late = [c for step, noise in enumerate(steps, 1) for c in judge.problems(step, {"E1": noise})]
    assert late and late[0].step > 5 and "numbers are at most" in late[0].explanation


def test_a_small_error_is_noticed_in_a_long_training():
    """Three per cent more in the standard deviation: chance in one step of 240 numbers, not in 500 of them."""
    network = graph("input(nodes=30)", "gaussian_noise", "dense(nodes=3)", "softmax")

    def failed(deviation):
        judge = Masks(network)
        return [c for step in range(1, 501) for c in judge.problems(step, {"E1": normal(0.0, deviation)})]

    assert failed(0.1) == []
    late = failed(0.103)
    assert late and late[0].step > 50 and "standard deviation" in late[0].explanation


def test_coarse_noise_is_not_judged():
    assert is_coarse(normal(1.0, 1e-6), 1.0, 1e-6) and not is_coarse(normal(0.0, 1e-6), 0.0, 1e-6)


def test_a_run_with_wrong_noise_fails():
    trace = simulate(NETWORK)
    assert all(c.passed for c in compare(trace, "backprop").comparisons)
    twice = altered(trace, "step2/E1", trace.tensors["step1/E1"])
    failed = {c.tensor for c in compare(twice, "backprop").comparisons if not c.passed}
    assert "E1" in failed


SPATIAL = graph("input(nodes=(6, 6, 4))", "convolution(filters=4)", "dropout(shared=(-3, -2))", "flatten",
                "dense(nodes=3)", "softmax")  # fmt: skip


def test_a_spatial_mask_that_is_not_one_for_a_channel_fails():
    judge = Masks(SPATIAL)
    mask = (RNG.random((20, 1, 1, 4)) < 0.5).astype("float32") * np.ones((20, 4, 4, 4), "float32")
    assert not list(judge.problems(1, {"M1": mask}))
    wrong = mask.copy()
    wrong[3, 2, 1, 0] = 1 - wrong[3, 2, 1, 0]
    (found,) = judge.problems(2, {"M1": wrong})
    assert "for which one number is drawn" in found.explanation
    (found,) = judge.problems(3, {"M1": np.ones_like(mask)})
    assert "examples have only 1 different masks" in found.explanation


@pytest.mark.parametrize("mode", ["local", "chained"])
def test_xla_may_add_noise_without_rounding_it(mode):
    """Noise is the deviation times another number; half an ulp of it may be missing from the sum, with XLA only."""

    def unrounded(step, name, array):
        if name != "G1":
            return array
        return (array + 0.49 * np.spacing(np.abs(array - np.float32(0.1))).astype(float)).astype("float32")

    def failed(jit):
        given = {"X": np.full((40, 20), 0.1)}
        network = graph("input(nodes=20)", "gaussian_noise", "dense(nodes=3)", "softmax")
        trace = simulate(network, unrounded, steps=1, batch=40, jit=jit, given=given)
        rows = compare(trace, "backprop", modes=(mode,)).comparisons
        return [c.tensor for c in rows if not c.passed]

    assert failed(jit=True) == [] and "G1" in failed(jit=False)
