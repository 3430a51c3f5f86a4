"""Dropout masks: independent draws with the layer's rate pass; what chance does not explain fails."""

import numpy as np
import pytest

from reference.layers.dense import Dense
from reference.layers.dropout import Dropout
from reference.layers.input import Input
from reference.layers.softmax import Softmax
from reference.network import line
from verify.compare.masks import Masks

RNG = np.random.default_rng(1)


def problems(masks, rate, X=None):
    """Return what is wrong with these masks, one a step, of a dropout of the input X."""
    network = line([Input(masks[0].shape[1]), Dropout(rate), Dense(3), Softmax()])
    judge = Masks(network)
    (name,) = network.masks()
    return [c.explanation for step, mask in enumerate(masks, 1) for c in judge.problems(step, {name: mask, "X": X})]


def drawn(rate, shape=(8, 30)):
    return (RNG.random(shape) >= rate).astype("float32")


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (8, 30), (200, 2), (2, 200)])
def test_independent_draws_pass(rate, shape):
    assert problems([drawn(rate, shape) for _ in range(300)], rate) == []


@pytest.mark.parametrize(
    ("masks", "text"),
    [
        ([np.ones((8, 30), "float32")], "keeps 240 of 240"),
        ([np.zeros((8, 30), "float32")], "keeps 0 of 240"),
        ([drawn(0.1)], "where a rate of 0.5 keeps 0.5"),
        ([np.repeat(drawn(0.5, (1, 60)), 8, axis=0)], "the 8 examples have only 1 different masks"),
        ([np.repeat(drawn(0.5, (60, 1)), 8, axis=1)], "the 60 examples have only 2 different masks"),
        ([np.tile(drawn(0.5, (2, 30)), (8, 1))], "the 16 examples have only 2 different masks"),
        ([drawn(0.5)] * 2, "it is the mask of step 1 again"),
        ([drawn(0.5), drawn(0.5)] * 2, "it is the mask of step"),
        ([np.ones((1, 4), "float32")] * 40, "keeps"),
    ],
)
def test_what_chance_does_not_explain_fails(masks, text):
    found = problems(masks, 0.5)
    assert found and text in found[0], found


def test_a_mask_that_follows_from_the_input_fails():
    X = RNG.normal(size=(8, 30)).astype("float32")
    assert problems([drawn(0.5) for _ in range(50)], 0.5, X) == []
    assert "where its input is positive, it keeps" in problems([(X > 0).astype("float32")], 0.5, X)[0]
    half = [np.where(RNG.random((8, 30)) < 0.5, drawn(0.5), X <= 0).astype("float32") for _ in range(4)]
    assert problems(half[:1], 0.5, X) == [] and "positive, it keeps" in problems(half, 0.5, X)[0]


def test_a_copy_is_independent():
    network = line([Input(30), Dropout(0.5), Dense(3), Softmax()])
    judge, mask, (name,) = Masks(network), drawn(0.5), network.masks()
    other = judge.copy()
    assert not list(other.problems(1, {name: mask})) and not list(judge.problems(1, {name: mask}))
