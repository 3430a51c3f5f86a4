"""Witnesses of weights of examples: the complex step, a sum written out, and what a weight of 2 means.

The tolerances are float64's rounding of a few dozen (1e-14) or a few hundred (1e-12) operations.
"""

from functools import partial

import numpy as np
import pytest

from reference.losses import losses_named
from reference.losses.categorical_crossentropy import of_logits, of_logits_backward
from reference.losses.elementwise import mean_of, mean_of_backward
from reference.losses.loss import back_of_batch, of_batch
from reference.losses.mean_squared_error import squared, squared_backward
from tests.support.layer_witness import apart
from tests.support.loss_cases import CASES, ROWS
from tests.support.loss_witness import LOGITS, N, Y
from tests.support.witness import complex_step, differences

S = np.array([[0.5], [0.0], [2.0], [1.25]])
LOSSES = {
    "crossentropy": (of_logits, of_logits_backward),
    "squared": (partial(mean_of, cost=squared), partial(mean_of_backward, slope=squared_backward)),
}
HOW = {"mean": {}, "sum": {"mean": False}, "by weights": {"of_weights": True}, "loss weight": {"weight": 3.0}}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_slope_is_that_of_the_cost(loss, how):
    cost, slope = LOSSES[loss]
    slopes = differences(complex_step, lambda T: of_batch(T, Y, S, cost=cost, **HOW[how]), LOGITS)
    found = back_of_batch(LOGITS, Y, S, slope=slope, **HOW[how])
    assert apart(found, slopes) < 1e-13 and not found[1].any()
    assert apart(back_of_batch(LOGITS, Y, slope=slope, **HOW[how]), slopes) > 0.1
    assert apart(back_of_batch(LOGITS, Y, S[::-1], slope=slope, **HOW[how]), slopes) > 0.1


@pytest.mark.parametrize("loss", LOSSES)
def test_its_sum_is_written_out(loss):
    costs = LOSSES[loss][0](LOGITS, Y)
    whole = sum(costs[k] * S[k, 0] for k in range(N))
    of = partial(of_batch, LOGITS, Y, S, cost=LOSSES[loss][0])
    np.testing.assert_allclose(
        [of(), of(mean=False), of(of_weights=True)], [whole / N, whole, whole / 3.75], rtol=1e-14
    )


def test_an_example_of_weight_2_counts_as_two():
    """Weights are counts here: the mean over the sum of the weights is the mean over the repeated examples."""
    rows = [0, 0, 0, 1, 3, 3]
    counts = np.array([[3.0], [1.0], [0.0], [2.0]])
    repeated = of_batch(LOGITS[rows], Y[rows], cost=LOSSES["squared"][0])
    assert abs(of_batch(LOGITS, Y, counts, cost=LOSSES["squared"][0], of_weights=True) - repeated) < 1e-14
    assert abs(of_batch(LOGITS, Y, counts, cost=LOSSES["squared"][0]) - repeated) > 0.1


OF_EXAMPLES = [text for text in CASES if "per_example" in text or not text.startswith(("dice", "tversky"))]


@pytest.mark.parametrize("text", OF_EXAMPLES)
def test_each_example_has_its_own_part_of_the_slope(text):
    activation, labels = CASES[text]
    (loss,) = losses_named(text)
    T, y, s = of_logits_like(labels), ROWS[labels], np.linspace(0, 2, len(ROWS[labels]))[:, None]
    slope = loss.written(activation, True).slope(T, y, s)
    plain = loss.written(activation)
    for k in range(len(T)):
        one = plain.slope(T[k : k + 1], y[k : k + 1]) * s[k] / (len(T) if loss.mean else 1)
        np.testing.assert_allclose(slope[k : k + 1], one, rtol=1e-12)


def of_logits_like(labels):
    """Outputs from 0.1 to 0.9, which every loss can take."""
    return 0.1 + 0.8 * np.random.default_rng(4).random(ROWS[labels].shape)
