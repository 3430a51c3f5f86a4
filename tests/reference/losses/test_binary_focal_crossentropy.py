"""Witnesses of the binary focal cross-entropy: the complex step, loops, Keras's numbers, and its limit γ = 0."""

import math

import numpy as np
import pytest

from reference.layers.sigmoid import sigmoid
from reference.losses import loss_named
from tests.support.loss_witness import LOGITS, SHARES, Y, by_loops, cost, way_back_is_the_slope

TEXT = "binary_focal_crossentropy"
A = np.clip(SHARES, 1e-3, 0.99)
OPTIONS = ["gamma=2.0", "gamma=1.5, apply_class_balancing=True, alpha=0.7", "gamma=3.0, label_smoothing=0.1"]


@pytest.mark.parametrize("options", OPTIONS)
def test_the_way_back_is_the_slope(options):
    other = "binary_crossentropy"
    way_back_is_the_slope(f"{TEXT}({options})", A, Y, "linear", other)
    way_back_is_the_slope(f"{TEXT}(from_logits=True, {options})", LOGITS, Y, "linear", f"{other}(from_logits=True)")
    for activation in ("sigmoid", "softmax"):
        way_back_is_the_slope(f"{TEXT}({options})", LOGITS, Y, activation, other)


def test_it_is_written_out():
    def term(a, label):
        right = a if label else 1 - a
        return (0.7 if label else 0.3) * (1 - right) ** 1.5 * -math.log(right)

    text = f"{TEXT}(gamma=1.5, alpha=0.7, apply_class_balancing=True)"
    np.testing.assert_allclose(cost(text, A, Y), by_loops(term, A, Y), rtol=1e-12)


def test_keras_publishes_the_same():
    given, y = np.array([[0.9, 0.8], [0.7, 0.2]]), np.array([[1.0, 0.0], [1.0, 0.0]])
    assert abs(cost(f"{TEXT}(gamma=2.0)", given, y) - 0.268) < 1e-3
    Z, y = np.array([[1.5, -2.7, 2.9], [-3.8, 1.2, -4.5]]), np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    assert abs(cost(f"{TEXT}(gamma=3.0, from_logits=True)", Z, y) - 0.799) < 1e-3


def test_without_its_weight_it_is_the_binary_crossentropy():
    assert cost(f"{TEXT}(gamma=0.0)", A, Y) == cost("binary_crossentropy", A, Y)
    balanced = f"{TEXT}(gamma=0.0, alpha=0.5, apply_class_balancing=True)"
    np.testing.assert_allclose(cost(balanced, A, Y) * 2, cost("binary_crossentropy", A, Y), rtol=1e-14)


def test_logits_and_probabilities_agree():
    P = sigmoid(LOGITS)
    np.testing.assert_allclose(cost(f"{TEXT}(from_logits=True)", LOGITS, Y), cost(TEXT, P, Y), rtol=1e-13)
    assert cost(TEXT, LOGITS, Y, "sigmoid") == cost(f"{TEXT}(from_logits=True)", LOGITS, Y)


@pytest.mark.parametrize("option", ["alpha=1.5", "alpha=-0.1", "gamma=-1.0", "gamma=1e999", "gamma=2", "alpha='a'",
                                    "from_logits=1", "apply_class_balancing=0", "label_smoothing=1.0"])  # fmt: skip
def test_a_wrong_option_is_refused(option):
    with pytest.raises(ValueError, match=r"alpha|gamma|from_logits|balancing|smoothing"):
        loss_named(f"{TEXT}({option})")
