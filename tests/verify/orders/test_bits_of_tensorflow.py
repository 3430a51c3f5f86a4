"""NumPy gives TensorFlow's own bits: of its functions, and of every number of the essay's training step."""

import platform
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from benchmarks.orders import reproduced
from tests.support.simulate import altered
from verify.inputs import samples
from verify.orders.functions import exp_eigen, exp_single, log_eigen, log_single
from verify.records.settings import Settings

BLOCKS = "in blocks of 384, 200, 200"
CPU = Path("/proc/cpuinfo")
pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="the kernels of another processor are not known")
AVX_512 = pytest.mark.skipif(
    not CPU.exists() or "avx512f" not in CPU.read_text(), reason="without AVX-512 oneDNN takes other orders"
)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_of_several_numbers(dtype):
    x = np.random.default_rng(0).uniform(-30, 30, 4096).astype(dtype)  # whole packets
    assert np.array_equal(exp_eigen(x), tf.exp(tf.constant(x)).numpy())
    assert np.array_equal(log_eigen(np.exp(x)), tf.math.log(tf.constant(np.exp(x))).numpy())
    assert not np.array_equal(exp_eigen(x), exp_single(x))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_functions_of_one_number(dtype):
    x = np.random.default_rng(1).uniform(0.1, 30, 200).astype(dtype)
    for ours, theirs in ((exp_single, tf.exp), (log_single, tf.math.log)):
        assert np.array_equal(ours(x), [theirs(tf.constant([number])).numpy()[0] for number in x])


@AVX_512
@pytest.mark.parametrize("batch", [1, 7, 32])
def test_every_number_of_the_step(batch):
    """What plain NumPy does not reproduce, the known orders and functions do: 100 %."""
    from verify.capture.capture import capture

    trace = capture(Settings(batch=batch), samples.load("digits", "train"))
    found = {row.tensor: row for row in reproduced(trace)}
    assert [row for row in found.values() if row.same < row.numbers] == []
    assert found["Z1"].plain < found["Z1"].numbers and found["dZ3"].text == "as Eigen computes it"
    assert found["A3"].text == "as oneDNN computes it"
    assert found["Z1"].text == f"784 terms, fused, {'one after the other' if batch == 1 else BLOCKS}"
    lanes = {
        1: "in 8 lanes, added ((0+1)+(4+5))+((2+3)+(6+7))",
        7: "in 16 lanes, whose halves are added until one is left",
    }
    assert batch not in lanes or found["dA1"].text == f"64 terms, fused, {lanes[batch]}"
    spoiled = trace.tensors["step1/Z1"].copy()
    spoiled[0, 5] = np.nextafter(spoiled[0, 5], np.float32(9))
    rows = reproduced(altered(trace, "step1/Z1", spoiled))
    assert next(row.same for row in rows if row.tensor == "Z1") == spoiled.size - 1
