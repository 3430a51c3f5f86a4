"""Witnesses of the cross-entropy of whole-number labels: the complex step, and the other forms."""

import numpy as np
import pytest

from reference.layers.softmax import softmax, softmax_backward
from reference.losses.categorical_crossentropy import of_logits, of_logits_backward, of_probabilities
from reference.losses.sparse_categorical_crossentropy import of_labels, of_labels_backward
from tests.support.layer_witness import apart
from tests.support.loss_witness import LOGITS, SHARES, Y, slope_is_that_of_the_cost


@pytest.mark.parametrize("mean", [True, False])
def test_the_slope_is_that_of_the_cost(mean):
    slope_is_that_of_the_cost(of_labels, of_labels_backward, np.minimum(SHARES, 0.99), mean)


def test_it_agrees_with_the_other_forms_where_it_should():
    """The costs are equal, and so are the slopes, for probabilities that add up to 1 and are not cut off."""
    A = softmax(LOGITS)
    assert np.max(np.abs(of_logits(LOGITS, Y) - of_labels(A, Y))) < 1e-15 * 8
    assert apart(softmax_backward(of_labels_backward(1, A, Y), A), of_logits_backward(1, LOGITS, Y)) < 1e-13
    assert np.max(np.abs(of_labels(SHARES, Y) - of_probabilities(SHARES, Y))) > 1e-9  # cut before, not after
