"""Chained mode: everything by hand from the start, below layers that choose."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.graphs import graph
from tests.support.simulate import simulate
from verify.compare.walk import compare
from verify.results.result import Result

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


NORMALISED = graph("input(nodes=(5, 4, 2))", "dense(nodes=2)", "batch_normalization()", "tanh", "flatten", *END)


def test_bounds_that_have_become_infinite_judge_nothing_and_fail_nothing():
    """The bounds grow from step to step, until a variance may be 0 within its own bound."""
    trace = simulate(NORMALISED, steps=2)
    result = Result("backprop", trace.settings, trace.environment, compare(trace, "backprop").comparisons)
    unjudged = [c for c in result.comparisons if c.verdict == "unjudged"]
    assert result.passed and result.status == 0 and unjudged and {c.mode for c in unjudged} == {"chained"}
    assert not any(c.passed or c.failed for c in unjudged) and min(c.step for c in unjudged) > 1
    first = min(unjudged, key=lambda c: (c.step, c.order))
    (note,) = result.notes
    assert note.startswith(f"computed by hand from the start, {len(unjudged)} of ") and f"({first.tensor})" in note
    assert result.to_dict()["counts"]["failed"] == 0 and "cannot be judged" in first.explanation
    assert not any(c.passed and not np.isfinite(c.allowed) for c in result.comparisons)


def test_a_local_tensor_without_a_bound_still_ends_with_status_3():
    trace = simulate(steps=1)
    comparisons = compare(trace, "backprop").comparisons
    unknown = [replace(c, verdict="unjudged") if c.tensor == "Z1" and c.mode == "local" else c for c in comparisons]
    assert Result("backprop", trace.settings, trace.environment, tuple(unknown)).status == 3
