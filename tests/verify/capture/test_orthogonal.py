"""Keras's orthogonal regularizer: wrong computations are noticed and named, and what it cannot do is refused."""

import numpy as np
import pytest

import verify
from reference.orthogonal import Orthogonal
from tests.verify.capture.test_regularizers_constraints import X, Y, dense, failures
from verify.compare.variants import orthogonal
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.errors import Unsupported
from verify.records import trace_file

keras = pytest.importorskip("keras")
L, R = keras.layers, keras.regularizers
FACTOR = float(np.float32(0.3))


@pytest.fixture(scope="module", params=["rows", "columns"])
def run(request):
    checked = verify.check(dense(kernel_regularizer=R.OrthogonalRegularizer(0.3, request.param)), X, Y, steps=2)
    assert checked.passed, checked.headline
    return checked.trace, Orthogonal(FACTOR, request.param)


def test_each_variant_is_noticed_in_the_penalty_and_in_the_slope(run):
    trace, own = run
    step = trace.step(1)
    W = step["W1"].astype(float)
    for name, wrong in orthogonal.variants(own.cost):
        assert name in failures(trace, "penalty_W1", np.array(wrong(W)))["penalty_W1"]
    for name, wrong in orthogonal.variants(own.slope):
        named = failures(trace, "dW1", step["dW1"] + wrong(W) - own.slope(W))["dW1"]
        assert name.removeprefix("penalty ") in named, name  # of a gradient, "branch 2 of 2 counted twice"
    assert "branch 2 of 2 lost" in failures(trace, "dW1", step["dW1"] - own.slope(W))["dW1"]


def test_a_small_error_is_noticed(run):
    trace, _ = run
    assert "penalty_W1" in failures(trace, "penalty_W1", trace.step(1)["penalty_W1"] * np.float32(1 + 1e-5))
    wrong = trace.step(1)["dW1"].copy()
    wrong[1, 2] += np.float32(1e-6)
    assert "dW1" in failures(trace, "dW1", wrong)


def test_each_number_can_be_explained_and_a_trace_keeps_it(run, tmp_path):
    trace, _ = run
    case = DerivedStep(trace, 1)
    for tensor, index in (("penalty_W1", ()), ("dW1", (1, 1)), ("dW1", (6, 5)), ("C", ())):
        assert explain(case, tensor, index)
    (tmp_path / "trace.npz").write_bytes(trace_file.to_bytes(trace))
    assert trace_file.load(str(tmp_path / "trace.npz")).network == trace.network


def test_it_passes_with_a_row_of_zeros_a_scaled_loss_and_in_a_training():
    optimizer = keras.optimizers.SGD(0.1, loss_scale_factor=6.0)
    net = dense(optimizer=optimizer, kernel_regularizer="orthogonal_regularizer", kernel_constraint="non_neg")
    kernel = net.layers[0].kernel.numpy()
    kernel[2] = 0
    net.layers[0].kernel.assign(kernel)
    checked = verify.check(net, X, Y, steps=3)
    assert checked.passed, checked.headline
    callback = verify.ByHand()
    net.fit(X, Y, batch_size=4, verbose=0, callbacks=[callback])
    assert callback.passed


def refusal(net, x=X):
    with pytest.raises(Unsupported) as found:
        verify.check(net, x, Y)
    return str(found.value)


def one(units, **options):
    i = keras.Input((6,), **options)
    first = L.Dense(units, kernel_regularizer=R.OrthogonalRegularizer(0.1, "columns"), **options)
    net = keras.Model(i, L.Dense(3, **options)(first(i)))
    net.compile("sgd", "mse", jit_compile=False)
    return net


def test_where_it_has_no_penalty_is_named():
    assert "needs at least two columns: Keras divides by the number of their pairs" in refusal(one(1))
    assert "works in float32 only: Keras multiplies its float32 factor by the float64 variable" in refusal(
        one(4, dtype="float64"), X.astype("float64")
    )
    layers = [keras.Input((5, 5, 1)), L.Conv2D(2, 3, kernel_regularizer="orthogonal_regularizer"), L.Flatten()]
    image = keras.Sequential([*layers, L.Dense(3)])
    image.compile("sgd", "mse", jit_compile=False)
    assert "needs a matrix; the variable has the shape [3, 3, 1, 2]" in refusal(image, np.ones((8, 5, 5, 1)))


def test_another_epsilon_is_named():
    net = one(4)
    keras.config.set_epsilon(1e-3)
    try:
        assert "is verified with Keras's epsilon 1e-07, not 0.001" in refusal(net)
    finally:
        keras.config.set_epsilon(1e-7)
