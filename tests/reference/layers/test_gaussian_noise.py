"""Witnesses of Gaussian noise: the definition number by number, the slope, and its names in a network."""

import numpy as np
import pytest

from reference.layers import layer_named
from reference.layers.gaussian_noise import with_noise, with_noise_gradient
from reference.rules import rules
from tests.support.graphs import graph
from tests.support.layer_witness import G, Z, apart
from tests.support.witness import complex_step, differences
from verify.records.settings import OPTIMIZERS

E = np.sin(np.arange(Z.size) * 1.7).reshape(Z.shape)


def test_it_adds_number_by_number():
    by_hand = [[a + e for a, e in zip(*rows, strict=True)] for rows in zip(Z.tolist(), E.tolist(), strict=True)]
    assert np.array_equal(with_noise(Z, E), by_hand)


def test_the_way_back_is_the_slope():
    slopes = differences(complex_step, lambda A: np.sum(G * with_noise(A, E)), Z)
    assert apart(with_noise_gradient(G), slopes) < 1e-14 and apart(G * E, slopes) > 1e-3


def test_its_names_in_a_network():
    network = graph("input(nodes=3)", "dense(nodes=2)", "gaussian_noise", "relu", "gaussian_noise(deviation=0.5)")
    assert [place.gives for _, place in network.places] == ["X", "Z1", "G1", "H1", "G2"]
    assert network.masks() == ("E1", "E2")
    assert [place.gives for _, place in network.in_prediction.places] == ["X", "Z1", "H1"]
    plan = {rule.tensor: rule.inputs for rule in rules(network, "mean_squared_error", OPTIMIZERS["sgd"])}
    assert plan["G2"] == ("H1", "E2") and plan["dH1"] == ("dG2",) and plan["dZ1"] == ("dG1",)


@pytest.mark.parametrize("words", ["deviation=0.0", "deviation=-1.0", "deviation=1e999", "deviation=1", "rate=0.5"])
def test_a_standard_deviation_that_is_none_is_refused(words):
    with pytest.raises(ValueError):
        layer_named(f"gaussian_noise({words})")
