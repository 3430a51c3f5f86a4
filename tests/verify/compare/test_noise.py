"""Noise: independent normal numbers pass; what chance does not explain fails."""

import numpy as np
import pytest

from tests.support.graphs import graph
from tests.support.simulate import altered, simulate
from verify.compare.masks import Masks
from verify.compare.noise import strange
from verify.compare.walk import compare

RNG = np.random.default_rng(3)


def normal(mean=0.0, deviation=0.1, shape=(8, 30)):
    return RNG.normal(mean, deviation, shape).astype("float32")


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (8, 30), (200, 2), (2, 200)])
@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 0.1), (0.0, 50.0), (1.0, 3.0), (1.0, 1e-3), (1.0, 1e-7)])
def test_normal_numbers_pass(mean, deviation, shape):
    assert not [text for _ in range(100) if (text := strange(normal(mean, deviation, shape), mean, deviation))]


WRONG = {
    "another mean": (normal(0.1), "its mean is"),
    "another standard deviation": (normal(0.0, 0.2), "its standard deviation is"),
    "the variance in its place": (normal(0.0, 0.01), "its standard deviation is"),
    "nothing": (np.zeros((8, 30), "float32"), "its standard deviation is 0"),
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
