"""Helpers of the witnesses of several losses."""

from functools import partial

import numpy as np

from reference.layers.softmax import softmax
from reference.losses.loss import of_batch, slope_of_batch
from tests.support.layer_witness import apart
from tests.support.witness import complex_step, differences

RNG = np.random.default_rng(11)
N, n = 4, 8
LOGITS = RNG.normal(size=(N, n))
SHARES = softmax(RNG.normal(size=(N, n))) * RNG.uniform(0.3, 2, size=(N, 1))  # rows that do not add up to 1
SHARES[0, 0], SHARES[1, 1] = 1e-9, 0.9999 * np.sum(SHARES[1])  # one below the cut, and one large
Y = np.eye(n)[[0, 3, 3, 7]]


def slope_is_that_of_the_cost(cost, slope, at, mean, smoothing=None, y=Y):
    """The slope is that of the cost; that of another reduction, of another smoothing, or a little larger, is not."""
    words = {} if smoothing is None else {"smoothing": smoothing}

    def slopes_of(Q, mean=mean, **options):
        return slope_of_batch(Q, y, slope=partial(slope, **options), mean=mean)

    slopes = differences(complex_step, lambda Q: of_batch(Q, y, cost=partial(cost, **words), mean=mean), at)
    assert apart(slopes_of(at, **words), slopes) < 1e-13
    assert apart(slopes_of(at, not mean, **words), slopes) > 0.1
    assert apart(slopes_of(at, **words) * (1 + 1e-11), slopes) > 1e-12
    if smoothing is not None:
        assert apart(slopes_of(at, smoothing=smoothing + 0.01), slopes) > 1e-3
