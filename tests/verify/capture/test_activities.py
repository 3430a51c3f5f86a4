"""Activity regularizers of Keras's layers: what passes, what is noticed and named, and what is refused."""

import numpy as np
import pytest

import verify
from reference.activity import Activity
from tests.verify.capture.test_regularizers_constraints import X, Y, failures
from verify.compare.variants import activity
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.errors import Unsupported
from verify.records import trace_file

keras = pytest.importorskip("keras")
L, R = keras.layers, keras.regularizers


def made(places, jit=False, last="softmax", loss="categorical_crossentropy", optimizer="adam"):
    """A model with activity regularizers at these places."""
    keras.utils.set_random_seed(1)
    how, i = {"dtype": keras.config.floatx()}, keras.Input((6,))
    dense = R.L1L2(0.01, 0.03) if "dense" in places else None
    h = L.Dropout(0.3, **how)(L.Dense(4, "tanh", activity_regularizer=dense, **how)(i))
    h = L.Dense(4, **how)(h)
    if "layer" in places:
        h = L.ActivityRegularization(0.01, **how)(h)
    h = L.Activation("relu", activity_regularizer="l2" if "activation" in places else None, **how)(h)
    output = R.L2(0.1) if "output" in places else None
    net = keras.Model(i, L.Dense(3, last, activity_regularizer=output, kernel_regularizer="l1", **how)(h))
    net.compile(optimizer, loss, jit_compile=jit)
    return net


EVERYWHERE = ("dense", "layer", "activation", "output")


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("places", [*((place,) for place in EVERYWHERE), EVERYWHERE], ids="+".join)
def test_they_pass(places, jit):
    checked = verify.check(made(places, jit), X, Y, steps=2)
    assert checked.passed, checked.headline
    step = checked.trace.step(1)
    penalties = [name for name in step if name.startswith("penalty")]
    assert len(penalties) == len(places) + 1
    np.testing.assert_allclose(step["C"], step["C1"] + sum(step[name] for name in penalties), rtol=1e-6)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize(("last", "loss"), [("linear", "mse"), ("sigmoid", "binary_crossentropy"), ("relu", "mae")])
def test_they_pass_behind_other_ends_and_in_float64(last, loss, jit):
    keras.config.set_floatx("float64")
    try:
        checked = verify.check(made(EVERYWHERE, jit, last, loss), X.astype("float64"), Y.astype("float64"), steps=2)
    finally:
        keras.config.set_floatx("float32")
    assert checked.passed, checked.headline


def test_they_pass_with_a_scaled_loss_weights_of_examples_and_in_a_training():
    net = made(EVERYWHERE, optimizer=keras.optimizers.SGD(0.1, loss_scale_factor=6.0))
    assert verify.check(net, X, Y, sample_weight=np.arange(8.0), steps=2).passed
    callback = verify.ByHand()
    net.fit(X, Y, batch_size=4, verbose=0, callbacks=[callback])
    assert callback.passed and net.layers[1].activity_regularizer is not None


def test_a_layer_used_twice_an_image_and_a_model_inside_pass():
    i, shared = keras.Input((6,)), L.Dense(6, activity_regularizer="l2")
    net = keras.Model(i, L.Dense(3, "softmax")(L.Add()([shared(i), shared(L.Dense(6)(i))])))
    net.compile("sgd", "mse", jit_compile=False)
    assert verify.check(net, X, Y).passed
    inner = keras.Sequential([keras.Input((5, 5, 1)), L.Conv2D(2, 3, activity_regularizer="l1"), L.Flatten()])
    net = keras.Sequential([keras.Input((5, 5, 1)), inner, L.Dense(3)])
    net.compile("sgd", "mse", jit_compile=False)
    checked = verify.check(net, np.random.default_rng(0).random((8, 5, 5, 1)), Y)
    assert checked.passed and "penalty_Z1" in checked.trace.step(1)


def test_keras_divides_by_the_number_of_examples():
    step = verify.check(made(("activation",)), X, Y).trace.step(1)
    assert step["A2"].shape == (8, 4)
    np.testing.assert_allclose(step["penalty_A2"], 0.01 * (step["A2"] ** 2).sum() / 8, rtol=1e-6)


@pytest.fixture(scope="module")
def trace():
    return verify.check(made(EVERYWHERE), X, Y).trace


def test_each_variant_is_noticed_and_named(trace):
    step, own = trace.step(1), Activity(0.01, 0.03)
    A = step["A1"].astype(float)
    for name, wrong in activity.variants(own.cost):
        assert name in failures(trace, "penalty_A1", np.array(wrong(A)))["penalty_A1"]
    for name, wrong in activity.variants(own.slope):
        assert "dA1" in failures(trace, "dA1", step["dA1"] + wrong(A) - own.slope(A)), name
    output = Activity(l2=0.1)  # of dA3 the penalty is all: the loss begins at Z3
    for name, wrong in activity.variants(output.slope):
        assert name in failures(trace, "dA3", wrong(step["A3"].astype(float)))["dA3"]
    assert "dA1" in failures(trace, "dA1", step["dA1"] - own.slope(A))
    assert "penalty of A1 lost" in failures(trace, "C", step["C"] - step["penalty_A1"])["C"]


def test_each_number_can_be_explained_and_a_trace_keeps_them(trace, tmp_path):
    case = DerivedStep(trace, 1)
    for tensor, index in (("penalty_A1", ()), ("dA1", (1, 1)), ("dA3", (2, 3)), ("C", ())):
        assert explain(case, tensor, index)
    (tmp_path / "trace.npz").write_bytes(trace_file.to_bytes(trace))
    assert trace_file.load(str(tmp_path / "trace.npz")).network == trace.network


def refusal(net, x=X):
    with pytest.raises(Unsupported) as found:
        verify.check(net, x, Y)
    return str(found.value)


def behind(*layers):
    net = keras.Sequential([keras.Input((6,)), *layers, L.Dense(3)])
    net.compile("sgd", "mse", jit_compile=False)
    return net


SKIPPED = "is of what only a training computes, or of the model's input"
SECOND = "is the second one of the same numbers"


@pytest.mark.parametrize(
    ("layers", "why"),
    [
        (lambda: [L.ActivityRegularization(0.1)], SKIPPED),
        (lambda: [L.Dense(4), L.Dropout(0.5, activity_regularizer="l1")], SKIPPED),
        (lambda: [L.Dense(4), L.Dropout(0.5), L.ActivityRegularization(0.1)], SKIPPED),
        (lambda: [L.Dense(4, activity_regularizer="l1"), L.ActivityRegularization(0.1)], SECOND),
    ],
    ids=["input", "dropout", "behind a dropout", "twice"],
)
def test_where_it_is_not_verified_is_named(layers, why):
    assert f"its activity_regularizer {why}" in refusal(behind(*layers()))


@pytest.mark.parametrize(
    ("factor", "why"),
    [(-1.0, "a factor of .* must be a finite number of 0 or more"), ("a", "l2 must be a number, not 'a'"),
     (None, "l2 must be a number, not None"), (np.nan, "a finite number"), ([1, 2], r"not \[1, 2\]")],
)  # fmt: skip
def test_a_factor_that_is_set_later_is_named(factor, why):
    net = behind(L.Dense(4, activity_regularizer=keras.regularizers.L2(0.1)))
    net.layers[0].activity_regularizer.l2 = factor
    with pytest.raises(Unsupported, match=f"activity_regularizer L2; .*{why}"):
        verify.check(net, X, Y)


def test_of_factors_0_there_is_no_penalty():
    checked = verify.check(behind(L.Dense(4), L.ActivityRegularization()), X, Y)
    assert checked.passed and not checked.trace.network.regularizers


class Adding(keras.Model):
    """A model whose `call` adds a loss."""

    def __init__(self):
        super().__init__()
        self.dense = L.Dense(3)

    def call(self, inputs):
        outputs = self.dense(inputs)
        self.add_loss(keras.ops.sum(outputs))
        return outputs


class AddingLayer(L.Layer):
    """A layer whose `call` adds a loss."""

    def call(self, inputs):
        self.add_loss(keras.ops.sum(inputs))
        return inputs


def test_add_loss_is_named():
    own = Adding()
    own(X)
    own.compile("sgd", "mse", jit_compile=False)
    assert "its `call` adds losses of its own (add_loss), which is not verified" in refusal(own)
    net = behind(L.Dense(4))
    net.layers[0].add_loss(keras.ops.sum(net.layers[0].kernel))
    assert "it adds losses of its own (add_loss), which is not verified" in refusal(net)
    assert "(AddingLayer): By Hand does not know it" in refusal(behind(AddingLayer()))
    net = behind(inner := Adding())
    inner.built = True
    assert "a model inside it adds losses of its own (add_loss), which is not verified" in refusal(net)
