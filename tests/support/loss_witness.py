"""Helpers of the witnesses of several losses."""

import math
from functools import partial

import numpy as np

from reference.layers.softmax import softmax
from reference.losses import loss_named
from reference.losses.loss import back_of_batch, of_batch
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
        return back_of_batch(Q, y, slope=partial(slope, **options), mean=mean)

    slopes = differences(complex_step, lambda Q: of_batch(Q, y, cost=partial(cost, **words), mean=mean), at)
    assert apart(slopes_of(at, **words), slopes) < 1e-13
    assert apart(slopes_of(at, not mean, **words), slopes) > 0.1
    assert apart(slopes_of(at, **words) * (1 + 1e-11), slopes) > 1e-12
    if smoothing is not None:
        assert apart(slopes_of(at, smoothing=smoothing + 0.01), slopes) > 1e-3


# Numbers of Keras's tests of its losses: outputs, and labels.
KERAS_A = np.array([[4.0, 8.0, 12.0], [8.0, 1.0, 3.0]])
KERAS_Y = np.array([[1.0, 9.0, 2.0], [-5.0, -2.0, 6.0]])
HALVES_A, HALVES_Y = np.array([[0.6, 0.4], [0.4, 0.6]]), np.array([[0.0, 1.0], [0.0, 0.0]])


def cost(text, Q, y, activation="linear"):
    """The cost of a batch by a loss, which a text describes."""
    return loss_named(text).written(activation).cost(Q, y)


def slope(text, Q, y, activation="linear"):
    """Its slope by the same loss."""
    return loss_named(text).written(activation).slope(Q, y)


def way_back_is_the_slope(text, at, y, activation="linear", *others):
    """The slope is that of the cost; that of a sum, of a weight, of these others, or a little larger, is not."""
    word = "(" if "(" not in text else f"({text.partition('(')[2].rstrip(')')}, "
    kind = text.partition("(")[0]
    slopes = differences(complex_step, lambda Q: cost(text, Q, y, activation), at)
    assert apart(slope(text, at, y, activation), slopes) < 1e-12
    assert apart(slope(f"{kind}{word}weight=3.0)", at, y, activation), 3 * slopes) < 1e-12
    assert apart(slope(f"{kind}{word}reduction='sum')", at, y, activation), slopes * len(at)) < 1e-12
    assert apart(slope(text, at, y, activation) * (1 + 1e-10), slopes) > 1e-11
    for other in others:
        assert apart(slope(other, at, y, activation), slopes) > 1e-3, other


def way_back_of_whole_is_the_slope(text, at, y):
    """The slope of a loss of the whole batch is that of its cost, whatever the reduction is; a little more is not."""
    word = "(" if "(" not in text else f"({text.partition('(')[2].rstrip(')')}, "
    kind = text.partition("(")[0]
    slopes = differences(complex_step, lambda Q: cost(text, Q, y), at)
    assert apart(slope(text, at, y), slopes) < 1e-12
    assert apart(slope(f"{kind}{word}weight=3.0, reduction='sum')", at, y), 3 * slopes) < 1e-12
    assert apart(slope(text, at, y) * (1 + 1e-10), slopes) > 1e-11


def by_loops(term, A, y):
    """The mean over the examples and their outputs of a function of two numbers."""
    every = [term(float(a), float(label)) for row, labels in zip(A, y, strict=True)
             for a, label in zip(row, labels, strict=True)]  # fmt: skip
    return math.fsum(every) / len(every)
