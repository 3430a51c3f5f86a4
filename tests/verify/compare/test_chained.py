"""Chained mode: everything by hand from the start, below layers that choose."""

import numpy as np
import pytest

from tests.support.graphs import graph
from tests.support.simulate import simulate
from verify.compare.walk import compare

IMAGE = ("input(nodes=(5, 4, 2))", "convolution(kernel=(2, 2), filters=3)", "relu")
END = ("dense(nodes=3)", "softmax")
POOLINGS = {
    "the largest of a channel": graph(*IMAGE, "global_max_pooling", *END),
    "the largest of a channel, axes kept": graph(*IMAGE, "global_max_pooling(keepdims=True)", "flatten", *END),
    "the largest of a window": graph(*IMAGE, "max_pooling(size=(2, 2))", "flatten", *END),
}


def chained(network, change=None, **chosen):
    comparisons = compare(simulate(network, change, **chosen), "backprop").comparisons
    return {(c.step, c.tensor): c for c in comparisons if c.mode == "chained"}


def larger(step, name, array):
    return array * np.float32(1.01) if name == "dW1" else array


@pytest.mark.parametrize("name", POOLINGS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_fault_below_a_pooling_is_noticed(name, dtype):
    right = chained(POOLINGS[name], dtype=dtype)
    assert all(c.passed and np.isfinite(c.allowed) and not c.explanation for c in right.values())
    assert chained(POOLINGS[name], larger, dtype=dtype)[1, "dW1"].verdict == "outside"
