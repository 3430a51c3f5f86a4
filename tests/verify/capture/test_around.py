"""Options around the step pass as they are; what is not verified is named."""

import keras
import numpy as np
import pytest

import verify
from tests.support.small_models import L, S, X, Y, sequential, single_precision, small  # noqa: F401
from verify.capture.callback import ByHand
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.errors import Unsupported
from verify.records import trace_file
from verify.results.judging import judge

O = keras.optimizers  # noqa: E741


def without(optimizer, **which):
    optimizer.exclude_from_weight_decay(**which)
    return optimizer


OPTIMIZERS = {
    "decay without biases": lambda: without(O.AdamW(0.01, weight_decay=0.1), var_names=["bias"]),
    "average": lambda: O.Adam(0.01, use_ema=True, ema_momentum=0.9),
    "average that overwrites": lambda: O.SGD(0.1, momentum=0.9, use_ema=True, ema_overwrite_frequency=2),
    "scaled": lambda: O.Adam(0.01, loss_scale_factor=1024.0, clipnorm=0.1),
    "scaled by 1000": lambda: O.SGD(0.01, loss_scale_factor=1000.0),
    "accumulated": lambda: without(
        O.AdamW(0.01, weight_decay=0.1, gradient_accumulation_steps=3, clipvalue=0.001), var_names=["dense"]
    ),
    "accumulated, scaled": lambda: O.SGD(
        S.CosineDecay(0.1, 5), 0.9, True, gradient_accumulation_steps=2, loss_scale_factor=8.0, global_clipnorm=0.01
    ),
    "accumulated, no update": lambda: O.Ftrl(0.1, weight_decay=0.1, gradient_accumulation_steps=3),
    "average beside what begins at 0.1": lambda: O.Adagrad(0.1, use_ema=True),
    "accumulated beside what begins at 0.1": lambda: O.Adagrad(0.1, gradient_accumulation_steps=2),
}
HOW = {"graph": ("float32", {}), "XLA": ("float32", {"jit_compile": True}), "float64": ("float64", {}),
       "eagerly": ("float32", {"run_eagerly": True})}  # fmt: skip


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_passes(name, how):
    dtype, options = HOW[how]
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    checked = verify.check(small(optimizer=OPTIMIZERS[name](), **options), X, Y, steps=4)
    assert checked.passed, checked.headline


@pytest.mark.parametrize("name", ["decay without biases", "average that overwrites", "accumulated, scaled"])
def test_a_training_and_a_saved_trace_pass(name, tmp_path):
    watch = ByHand()
    small(optimizer=OPTIMIZERS[name]()).fit(X, Y, batch_size=2, epochs=2, verbose=0, callbacks=[watch])
    assert watch.passed and watch.verified == 6, watch.headline
    assert [note[:13] for note in watch.notes] == ["at the end of"] * ("average" in name)
    held = verify.check(small(optimizer=OPTIMIZERS[name]()), X, Y, steps=4).trace
    (tmp_path / "t.npz").write_bytes(trace_file.to_bytes(held))
    again = trace_file.load(str(tmp_path / "t.npz"))
    assert judge("backprop", again, None).passed
    case = DerivedStep(again, 4)
    for tensor in case.rules:
        index = (1, 2) if len(case.shape(tensor)) == 2 else ()
        assert explain(case, tensor, index).passed, tensor


def test_only_the_parameters_that_are_named_are_left_out():
    def text(**which):
        net = small(optimizer=without(O.AdamW(0.01, weight_decay=0.1), **which))
        return verify.check(net, X, Y).trace.settings.optimizer

    assert "undecayed=('B1', 'B2')" in text(var_names=["bias"]) and "undecayed" not in text(var_names=["gamma"])
    net = sequential(L.Dense(7), L.Dense(5, "softmax"))
    own = without(O.AdamW(0.01, weight_decay=0.1), var_list=[net.layers[1].kernel])
    net.compile(own, "categorical_crossentropy", jit_compile=False)
    checked = verify.check(net, X, Y)
    assert checked.passed and "undecayed=('W2',)" in checked.trace.settings.optimizer


def test_an_embedding_is_refused_by_name():
    net = sequential(
        L.Embedding(9, 4),
        L.Flatten(),
        L.Dense(5, "softmax"),
        shape=(3,),
        optimizer=O.SGD(0.1, gradient_accumulation_steps=2),
    )
    with pytest.raises(Unsupported, match="gradient_accumulation_steps of an Embedding's rows"):
        verify.check(net, np.zeros((6, 3), int), Y)


@pytest.mark.parametrize("seed", range(4))
def test_the_squares_of_all_gradients_are_added_in_the_order_of_keras(seed):
    """Keras lists the parameters of the three outputs in another order than the network's: their sum is rounded so."""
    keras.utils.set_random_seed(seed)
    rng, first = np.random.default_rng(0), keras.Input((3,))
    hidden = L.Dense(2)(first)
    model = keras.Model(first, [L.Dense(5)(hidden), *(L.Dense(n, use_bias=False)(hidden) for n in (4, 3))])
    model.compile(O.Adam(0.1, global_clipnorm=0.037), ["mse"] * 3, run_eagerly=True)
    X, *labels = (rng.normal(size=(2, n)).astype("float32") for n in (3, 5, 4, 3))
    assert verify.check(model, X, labels).passed
