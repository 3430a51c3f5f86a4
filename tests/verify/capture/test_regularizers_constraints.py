"""Regularizers and constraints of Keras's layers: what passes, what is noticed, and what is refused."""

import numpy as np
import pytest

import verify
from tests.support.simulate import altered
from verify.compare.walk import compare
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.errors import Unsupported
from verify.records import trace_file

keras = pytest.importorskip("keras")
L, R, K = keras.layers, keras.regularizers, keras.constraints
RNG = np.random.default_rng(6)
X, Y = RNG.normal(size=(8, 6)).astype("float32"), np.eye(3, dtype="float32")[RNG.integers(0, 3, 8)]


def dense(jit=False, optimizer="adam", **options):
    keras.utils.set_random_seed(2)
    first = L.Dense(5, "tanh", **options)
    net = keras.Sequential(
        [keras.Input((6,)), first, L.BatchNormalization(gamma_regularizer="l2"), L.Dense(3, "softmax")]
    )
    net.compile(optimizer, "categorical_crossentropy", jit_compile=jit)
    return net


EVERY = {
    "L1": {"kernel_regularizer": R.L1(0.02)},
    "L2": {"kernel_regularizer": R.L2(0.5), "bias_regularizer": "l2"},
    "L1L2": {"kernel_regularizer": R.L1L2(0.01, 0.03)},
    "Orthogonal rows": {"kernel_regularizer": R.OrthogonalRegularizer(0.3)},
    "Orthogonal columns": {"kernel_regularizer": R.OrthogonalRegularizer(0.3, "columns")},
    "NonNeg": {"kernel_constraint": K.NonNeg()},
    "UnitNorm": {"kernel_constraint": K.UnitNorm(), "bias_constraint": K.UnitNorm()},
    "MaxNorm": {"kernel_constraint": K.MaxNorm(0.5)},
    "norms of the whole": {"kernel_constraint": K.UnitNorm(axis=None), "bias_constraint": K.MaxNorm(1e-4, axis=None)},
    "MinMaxNorm": {"kernel_constraint": K.MinMaxNorm(0.5, 0.8, 0.5), "kernel_regularizer": "l2"},
}


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("name", EVERY)
def test_they_pass(name, jit):
    checked = verify.check(dense(jit, **EVERY[name]), X, Y, steps=2)
    assert checked.passed, checked.headline
    step = checked.trace.step(1)
    if "kernel_regularizer" in EVERY[name]:
        np.testing.assert_allclose(
            step["C"], sum(step[n] for n in step if n == "C1" or n.startswith("penalty")), rtol=1e-6
        )


def test_they_pass_with_a_scaled_loss_an_average_and_in_a_training():
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, loss_scale_factor=8.0)
    net = dense(optimizer=optimizer, kernel_regularizer="l2", kernel_constraint="max_norm")
    assert verify.check(net, X, Y, steps=2).passed
    callback = verify.ByHand()
    net.fit(X, Y, batch_size=4, verbose=0, callbacks=[callback])
    assert callback.passed and net.layers[0].kernel.constraint is net.layers[0].kernel_constraint


def test_a_layer_used_twice_and_a_convolution_pass():
    i, shared = keras.Input((6,)), L.Dense(6, kernel_regularizer="l2")
    net = keras.Model(i, L.Dense(3, "softmax")(L.Add()([shared(i), shared(L.Dense(6)(i))])))
    net.compile("sgd", "mse", jit_compile=False)
    assert verify.check(net, X, Y).passed
    limit = K.MaxNorm(0.5, axis=[0, 1, 2])
    net = keras.Sequential([keras.Input((5, 5, 1)), L.Conv2D(2, 3, kernel_regularizer="l1", kernel_constraint=limit),
                            L.Flatten(), L.Dense(3)])  # fmt: skip
    net.compile("sgd", "mse", jit_compile=False)
    assert verify.check(net, RNG.random((8, 5, 5, 1)), Y).passed


@pytest.fixture(scope="module")
def trace():
    return verify.check(dense(**EVERY["L2"], kernel_constraint=K.MaxNorm(0.5)), X, Y).trace


def failures(trace, tensor, wrong):
    every = compare(altered(trace, f"step1/{tensor}", wrong.astype("float32")), "backprop").comparisons
    return {c.tensor: c.explanation or "" for c in every if c.failed and c.mode == "local"}


def test_wrong_regularizers_and_constraints_are_noticed_and_named(trace):
    step = trace.step(1)
    assert "factor 2 of L2" in failures(trace, "dW1", step["dW1"] - 0.5 * step["W1"])["dW1"]
    assert "branch 2 of 2 lost" in failures(trace, "dW1", step["dW1"] - 2 * 0.5 * step["W1"])["dW1"]
    assert "penalty_W1" in failures(trace, "penalty_W1", step["penalty_W1"] * np.float32(1.001))
    assert "penalty of W1 lost" in failures(trace, "C", step["C"] - step["penalty_W1"])["C"]
    assert "penalty of W1 counted twice" in failures(trace, "C", step["C"] + step["penalty_W1"])["C"]
    penalties = [step[name] for name in step if name.startswith("penalty_")]
    assert "cost of output 1 of 1 lost" in failures(trace, "C", np.sum(penalties, dtype="float32"))["C"]
    assert "constraint left out" in failures(trace, "W1_new", step["W1_updated"])["W1_new"]


def test_each_number_can_be_explained_and_a_trace_keeps_them(trace, tmp_path):
    case = DerivedStep(trace, 1)
    for tensor, index in (("penalty_W1", ()), ("dW1", (1, 1)), ("W1_new", (2, 1)), ("C", ())):
        assert explain(case, tensor, index)
    (tmp_path / "trace.npz").write_bytes(trace_file.to_bytes(trace))
    assert trace_file.load(str(tmp_path / "trace.npz")).network == trace.network


def with_factor(l2):
    """Return a regularizer whose factor was set after it was built, where Keras does not look at it."""
    own = R.L2(0.1)
    own.l2 = l2
    return own


REFUSED = {
    "OrthogonalRegularizer; it needs a matrix.* .5.": {"bias_regularizer": "orthogonal_regularizer"},
    "regularizer <lambda>; L1, L2, L1L2 and Orthogonal": {"kernel_regularizer": lambda w: keras.ops.sum(w) * 0.1},
    "constraint <lambda>; NonNeg": {"kernel_constraint": lambda w: w},
    "/kernel: regularizer L2; a factor of a regularizer .* not -0.1": {"kernel_regularizer": with_factor(-0.1)},
    "/kernel: constraint MaxNorm; .* numbers of 0 or more, not inf": {"kernel_constraint": K.MaxNorm(np.inf)},
    "/bias: constraint MaxNorm; .* finite numbers of 0 or more, not -0.5": {"bias_constraint": K.MaxNorm(-0.5)},
    "constraint MaxNorm; max_value must be a number, not 'a'": {"kernel_constraint": K.MaxNorm("a")},
    "constraint UnitNorm; a variable with 2 axes has no axis=5": {"kernel_constraint": K.UnitNorm(axis=5)},
    "constraint UnitNorm; a variable with 1 axes has no axis='a'": {"bias_constraint": K.UnitNorm(axis="a")},
    r"constraint UnitNorm; .* each named once, not axis=\[0, -2\]": {"kernel_constraint": K.UnitNorm(axis=[0, -2])},
    "the lower limit 0.8 of the norm is above the upper limit 0.5": {"kernel_constraint": K.MinMaxNorm(0.8, 0.5)},
    "activity_regularizer OrthogonalRegularizer is not": {"activity_regularizer": "orthogonal_regularizer"},
}


@pytest.mark.parametrize("text", REFUSED)
def test_others_are_named(text):
    with pytest.raises(Unsupported, match=text):
        verify.check(dense(**REFUSED[text]), X, Y)


def test_a_constraint_with_an_average_that_overwrites_is_named():
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_overwrite_frequency=2)
    with pytest.raises(Unsupported, match="ema_overwrite_frequency"):
        verify.check(dense(optimizer=optimizer, kernel_constraint="max_norm"), X, Y)


@pytest.mark.parametrize("jit", [False, True])
def test_factors_are_rounded_to_float32_in_float64_too(jit):
    """Keras makes a tensor of a factor before it casts it to the type of the parameter."""
    keras.config.set_floatx("float64")
    try:
        for one in (R.L1(0.01), R.L2(0.01), R.L1L2(0.01, 0.03)):
            i = keras.Input((6,), dtype="float64")
            net = keras.Model(i, L.Dense(3, "softmax", kernel_regularizer=one, dtype="float64")(i))
            net.compile("sgd", "categorical_crossentropy", jit_compile=jit)
            checked = verify.check(net, X.astype("float64"), Y.astype("float64"))
            assert checked.passed, checked.headline
            exact = altered(checked.trace, "step1/penalty_W1", checked.trace.step(1)["penalty_W1"] * (1 + 2**-28))
            assert any(c.failed for c in compare(exact, "backprop").comparisons)
    finally:
        keras.config.set_floatx("float32")
