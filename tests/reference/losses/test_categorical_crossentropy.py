"""Witnesses of the cross-entropy: the complex step, and that its forms agree where they should."""

import numpy as np
import pytest

from reference.layers.softmax import softmax, softmax_backward
from reference.losses.categorical_crossentropy import (
    of_logits,
    of_logits_backward,
    of_probabilities,
    of_probabilities_backward,
)
from tests.support.layer_witness import apart
from tests.support.loss_witness import LOGITS, SHARES, Y, slope_is_that_of_the_cost

FORMS = {"logits": (of_logits, of_logits_backward, LOGITS),
         "probabilities": (of_probabilities, of_probabilities_backward, SHARES)}  # fmt: skip


@pytest.mark.parametrize("mean", [True, False])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("form", FORMS)
def test_the_slope_is_that_of_the_cost(form, smoothing, mean):
    slope_is_that_of_the_cost(*FORMS[form], mean, smoothing)


def test_two_forms_agree_where_they_should():
    """Both costs are equal, and so are both slopes, for probabilities that add up to 1 and are not cut off."""
    A = softmax(LOGITS)
    assert np.max(np.abs(of_logits(LOGITS, Y) - of_probabilities(A, Y))) < 1e-15 * 8
    assert apart(softmax_backward(of_probabilities_backward(1, A, Y), A), of_logits_backward(1, LOGITS, Y)) < 1e-13
