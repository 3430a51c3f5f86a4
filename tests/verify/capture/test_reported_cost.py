"""The cost that Keras reports of a step: a row against C."""

from dataclasses import replace

import numpy as np
import pytest

import verify
from verify.compare.reported import SO_FAR
from verify.compare.walk import compare
from verify.records.trace import Trace

keras = pytest.importorskip("keras")
X = np.array([[1.0]], dtype="float32")


def checked(steps=3, **options):
    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)])
    net.compile(keras.optimizers.SGD(options.pop("rate", 0.1)), "mse", **options)
    return verify.check(net, X, options.get("y", 3 * X), steps=steps)


def with_reports(trace: Trace, numbers):
    tensors = dict(trace.tensors)
    for step, number in enumerate(numbers, 1):
        tensors[f"step{step}/C_reported"] = np.float32(number).reshape(())
    return replace(trace, tensors=tensors)


def row(trace, step):
    return next(c for c in compare(trace, "backprop").comparisons if (c.step, c.tensor) == (step, "C_reported"))


def test_the_reported_cost_has_a_row_in_each_step():
    rows = checked().comparisons.query("tensor == 'C_reported'")
    assert list(rows.step) == [1, 2, 3] and set(rows.verdict) == {"reproduced"}
    assert "| step3/C\\_reported | Keras: Mean | scalar | reproduced |" in checked().to_markdown()


def test_a_dataset_of_three_costs():
    """keras#22596: Keras 3.4.1 reports 1, 2.5, 4.667 from `train_on_batch`."""
    import tensorflow as tf

    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    net.compile(keras.optimizers.SGD(0.0), "mse")
    y = np.array([[1.0], [2.0], [3.0]], dtype="float32")
    one = verify.check(net, tf.data.Dataset.from_tensor_slices((np.ones((3, 1), "float32"), y)).batch(1), steps=3)
    assert one.passed
    assert [float(one.trace.step(k)["C_reported"]) for k in (1, 2, 3)] == [1, 4, 9]
    old = with_reports(one.trace, [1, 2.5, 14 / 3])
    assert row(old, 1).passed
    assert all(row(old, k).verdict == "outside" and row(old, k).explanation == SO_FAR for k in (2, 3))


@pytest.mark.parametrize("factor", [1 + 2**-20, 2, 0, np.nan, np.inf])
def test_another_reported_cost_fails(factor):
    trace = checked().trace
    C = [float(trace.step(k)["C"]) for k in (1, 2, 3)]
    wrong = row(with_reports(trace, [C[0], C[1] * factor, C[2]]), 2)
    assert wrong.failed and SO_FAR not in wrong.explanation


def test_a_sum_that_overflows_is_no_disagreement():
    """Keras's tracker multiplies the cost by N before it divides by it."""
    net = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    net.compile(keras.optimizers.SGD(0.0), keras.losses.MeanSquaredError(reduction="sum"))
    one = verify.check(net, np.ones((2, 1), "float32"), np.full((2, 1), 1e19, "float32"))
    assert np.isfinite(one.trace.step(1)["C"]) and np.isinf(one.trace.step(1)["C_reported"])
    assert one.passed and row(one.trace, 1).explanation == "1 number overflows float32"
    assert row(with_reports(one.trace, [1e38]), 1).failed


def test_a_compiled_step_has_no_row():
    assert "C_reported" not in checked(jit_compile=True).trace.step(1)
