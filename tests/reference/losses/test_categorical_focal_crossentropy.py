"""Witnesses of the categorical focal cross-entropy: the complex step, loops, Keras's numbers, its limit γ = 0."""

import math

import numpy as np
import pytest

from reference.layers.softmax import softmax
from reference.losses import loss_named
from tests.support.loss_witness import LOGITS, SHARES, N, Y, cost, n, way_back_is_the_slope

TEXT = "categorical_focal_crossentropy"
OPTIONS = ["gamma=2.0", "gamma=1.5, alpha=0.7", "gamma=3.0, label_smoothing=0.1"]


@pytest.mark.parametrize("options", OPTIONS)
def test_the_way_back_is_the_slope(options):
    way_back_is_the_slope(f"{TEXT}({options})", SHARES, Y, "linear", "categorical_crossentropy")
    way_back_is_the_slope(f"{TEXT}(from_logits=True, {options})", LOGITS, Y, "linear", f"{TEXT}({options})")


def test_it_is_written_out():
    by_hand = 0.0
    for i in range(N):
        for j in range(n):
            p = min(max(SHARES[i, j] / math.fsum(SHARES[i]), 1e-7), 1 - 1e-7)
            by_hand -= Y[i, j] * 0.7 * (1 - p) ** 1.5 * math.log(p)
    np.testing.assert_allclose(cost(f"{TEXT}(gamma=1.5, alpha=0.7)", SHARES, Y), by_hand / N, rtol=1e-12)


def test_keras_publishes_the_same():
    A = np.array([[0.9, 0.05, 0.05], [0.5, 0.89, 0.6], [0.05, 0.01, 0.94]])
    assert abs(cost(TEXT, A, np.eye(3)) - 0.02059) < 1e-5
    Z = np.array([[8.0, 1.0, 1.0], [0.0, 9.0, 1.0], [2.0, 3.0, 5.0]])
    assert abs(cost(f"{TEXT}(from_logits=True)", Z, np.eye(3)) - 0.000345) < 1e-6
    smoothed = cost(f"{TEXT}(from_logits=True, label_smoothing=0.1)", np.array([[4.9, -0.5, 2.05]]), np.eye(3)[:1])
    assert abs(smoothed - 0.06685) < 1e-5


def test_without_its_weight_it_is_the_crossentropy():
    plain = cost("categorical_crossentropy", SHARES, Y)
    np.testing.assert_allclose(cost(f"{TEXT}(gamma=0.0, alpha=1.0)", SHARES, Y), plain, rtol=1e-14)


def test_behind_a_softmax_it_begins_with_a_all_the_same():
    assert loss_named(TEXT).written("softmax").reads == "A"
    A = softmax(LOGITS)
    np.testing.assert_allclose(cost(f"{TEXT}(from_logits=True)", LOGITS, Y), cost(TEXT, A, Y), rtol=1e-13)


@pytest.mark.parametrize("option", ["alpha=1.5", "alpha=(0.1, 0.2)", "gamma=-1.0", "label_smoothing=1.0"])
def test_a_wrong_option_is_refused(option):
    with pytest.raises(ValueError, match=r"alpha|gamma|smoothing"):
        loss_named(f"{TEXT}({option})")
