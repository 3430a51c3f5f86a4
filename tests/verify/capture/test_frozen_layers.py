"""Frozen layers: they compute and hand gradients on, and their weights stay as they are."""

import keras
import numpy as np
import pytest

import verify
from tests.support.simulate import altered
from verify.compare.walk import compare

L = keras.layers
RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(8, 5)).astype("float32"), np.eye(3, dtype="float32")[RNG.integers(3, size=8)]


def model(frozen, optimizer="adam", **how):
    """Return a network of four Dense layers, of which these (from 1) are frozen."""
    keras.utils.set_random_seed(2)
    dense = [L.Dense(7, "relu"), L.Dense(6, "tanh"), L.Dense(4, "sigmoid"), L.Dense(3, "softmax")]
    net = keras.Sequential([keras.Input((5,)), *dense])
    for number in frozen:
        dense[number - 1].trainable = False
    net.compile(optimizer, "categorical_crossentropy", **{"jit_compile": False, **how})
    return net


@pytest.mark.parametrize("frozen", [(1,), (2,), (1, 2), (4,), (1, 3)])
def test_a_model_with_frozen_layers_passes(frozen):
    checked = verify.check(model(frozen), X, Y, steps=2)
    assert checked.passed, checked.headline
    tensors = checked.trace.step(1)
    for number in range(1, 5):
        assert (f"dW{number}" in tensors) == (f"m_W{number}" in tensors) == (number not in frozen)
        assert np.array_equal(tensors[f"W{number}"], tensors[f"W{number}_new"]) == (number in frozen)
    assert ("dA1" in tensors) == (1 not in frozen)  # nothing below it learns


@pytest.mark.parametrize("options", [{"jit_compile": True}, {"run_eagerly": True},
                                     {"optimizer": lambda: keras.optimizers.AdamW(global_clipnorm=0.01)}])  # fmt: skip
def test_in_each_way_to_run(options):
    made = {key: value() if key == "optimizer" else value for key, value in options.items()}
    checked, watch = verify.check(model((2,), **made), X, Y), verify.ByHand()
    assert checked.passed, checked.headline
    made = {key: value() if key == "optimizer" else value for key, value in options.items()}
    model((2,), **made).fit(X, Y, batch_size=4, verbose=0, callbacks=[watch])
    assert watch.passed, watch.headline


def test_a_frozen_weight_that_moves_fails():
    trace = verify.check(model((2,)), X, Y).trace
    W = trace.tensors["step1/W2_new"].copy()
    W[0, 0] = np.nextafter(W[0, 0], np.float32(9))
    failed = [c.tensor for c in compare(altered(trace, "step1/W2_new", W), "backprop").comparisons if not c.passed]
    assert failed == ["W2_new", "W2_new"]  # locally, and from the start


def test_its_files_can_be_written(tmp_path):
    checked = verify.check(model((1, 3)), X, Y)
    checked.write(tmp_path / "out")
    assert "frozen=True" in str(checked.trace.network.nodes) and (tmp_path / "out" / "report.html").exists()
