"""Witnesses of SELU: the complex step, its fixed point, its constants, and a model of Keras's."""

import numpy as np
import pytest

from reference.layers.elu import elu
from reference.layers.selu import SCALE, SCALE_ALPHA, selu, selu_backward
from reference.network import chain
from tests.support.layer_witness import Z, way_back_is_the_slope
from tests.support.simulate import altered, simulate
from verify.compare.walk import compare


def failures(trace):
    """Return the explanation of each tensor that does not pass."""
    return {c.tensor: c.explanation for c in compare(trace, "backprop", modes=("local",)).comparisons if not c.passed}


def test_the_way_back_is_the_slope():
    way_back_is_the_slope("selu", "relu", "linear", "elu")


def test_it_keeps_the_mean_0_and_the_variance_1_of_a_normal_distribution():
    nodes, weights = np.polynomial.legendre.leggauss(200)
    for power, expected in ((1, 0), (2, 1)):
        halves = [(side, selu(side * 6 * (nodes + 1))) for side in (-1, 1)]
        density = np.exp(-((6 * (nodes + 1)) ** 2) / 2) / np.sqrt(2 * np.pi)
        assert sum(6 * np.sum(weights * density * A**power) for _, A in halves) == pytest.approx(expected, abs=1e-13)


def test_its_constants_are_those_that_the_paper_prints():
    assert (round(SCALE, 4), round(SCALE_ALPHA / SCALE, 5)) == (1.0507, 1.67326)
    np.testing.assert_allclose(selu(Z), SCALE * elu(Z, SCALE_ALPHA / SCALE), rtol=1e-14)
    assert selu(np.array([0.0, 1.0, -1000.0])).tolist() == [0.0, SCALE, -SCALE_ALPHA]


def test_an_elu_in_its_place_fails():
    trace = simulate(chain((5, 4, 3), ("selu", "linear")), loss="mean_squared_error")
    assert not failures(trace)
    wrong = altered(trace, "step1/A1", elu(trace.tensors["step1/Z1"]))
    assert "ELU in place of SELU" in failures(wrong)["A1"]


def test_the_slope_of_xla_at_0_is_named():
    """TensorFlow takes the slope λα at z = 0 under XLA, and λ without it."""
    given = {"X": np.outer(np.arange(5) / 4, np.ones(5)), "B1": np.zeros((1, 4))}
    trace = simulate(chain((5, 4, 3), ("selu", "linear")), loss="mean_squared_error", given=given, steps=1)
    dA, A = (trace.tensors[f"step1/{name}"] for name in ("dA1", "A1"))
    dZ = np.where(A == 0, dA * np.float32(SCALE_ALPHA), selu_backward(dA, A))
    assert "at 0 the slope from below (XLA)" in failures(altered(trace, "step1/dZ1", dZ))["dZ1"]
