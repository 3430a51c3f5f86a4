"""Every argument of every Keras class that is verified is modelled, has no effect on a step, or is refused by name."""

import inspect

import keras
import numpy as np
import pytest

import verify
from verify.capture.layers import by_layer
from verify.capture.losses import by_class as losses
from verify.capture.optimizers import by_class as optimizers
from verify.errors import Unusable

L, optimizer_kinds = keras.layers, keras.optimizers
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 5)).astype("float32"), np.eye(3, dtype="float32")[RNG.integers(3, size=6)]

# arguments whose value reaches the equations
MODELLED = {
    "Dense": {"units", "activation", "use_bias"},
    "Dropout": {"rate"},
    "ELU": {"alpha"},
    "Flatten": {"data_format"},
    "LeakyReLU": {"negative_slope"},
    "Rescaling": {"scale", "offset"},
    "Activation": {"activation"},
    "CategoricalCrossentropy": {"from_logits", "label_smoothing", "reduction"},
    "SparseCategoricalCrossentropy": {"from_logits", "reduction"},
    "MeanSquaredError": {"reduction"},
    "compile": {"optimizer", "loss", "loss_weights", "run_eagerly", "jit_compile"},
}
OPTIMIZER = {"learning_rate", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm"}
MODELLED |= {name: OPTIMIZER | {"beta_1", "beta_2", "epsilon", "amsgrad"} for name in ("Adam", "AdamW")}
MODELLED["SGD"] = OPTIMIZER | {"momentum", "nesterov"}
# arguments that do not change what a step computes from its weights, state and batch
WITHOUT_EFFECT = {
    "name", "kernel_initializer", "bias_initializer", "seed", "dtype",  # a dtype other than the model's is refused
    "autocast", "shape", "batch_size", "batch_shape", "input_tensor", "optional", "metrics", "weighted_metrics",
    "auto_scale_loss", "ema_momentum", "ema_overwrite_frequency", "lora_alpha",  # without use_ema, lora_rank
}  # fmt: skip


def model(*layers, optimizer="sgd", loss=None, shape=(5,), **how):
    net = keras.Sequential([keras.Input(shape), *layers, L.Dense(3, "softmax")])
    net.compile(optimizer, loss or keras.losses.CategoricalCrossentropy(), jit_compile=False, **how)
    return net


def dense(**how):
    return model(L.Dense(4, **how))


def optimizer(kind, **how):
    return model(optimizer=kind(**how))


REFUSED = {
    ("Dense", "kernel_regularizer"): lambda: dense(kernel_regularizer="l2"),
    ("Dense", "bias_regularizer"): lambda: dense(bias_regularizer="l2"),
    ("Dense", "activity_regularizer"): lambda: dense(activity_regularizer="l2"),
    ("Dense", "kernel_constraint"): lambda: dense(kernel_constraint="non_neg"),
    ("Dense", "bias_constraint"): lambda: dense(bias_constraint="non_neg"),
    ("Dense", "lora_rank"): lambda: dense(lora_rank=2),
    ("Dense", "trainable"): lambda: dense(trainable=False),
    ("Dropout", "noise_shape"): lambda: model(L.Dropout(0.5, noise_shape=(1, 5))),
    ("ReLU", "max_value"): lambda: model(L.Dense(4), L.ReLU(max_value=1.0)),
    ("ReLU", "negative_slope"): lambda: model(L.Dense(4), L.ReLU(negative_slope=0.1)),
    ("ReLU", "threshold"): lambda: model(L.Dense(4), L.ReLU(threshold=0.1)),
    ("Activation", "activity_regularizer"): lambda: model(L.Dense(4), L.Activation("relu", activity_regularizer="l2")),
    ("InputLayer", "sparse"): lambda: None,
    ("InputLayer", "ragged"): lambda: None,
    ("CategoricalCrossentropy", "axis"): lambda: model(loss=keras.losses.CategoricalCrossentropy(axis=0)),
    ("SparseCategoricalCrossentropy", "axis"): lambda: model(loss=keras.losses.SparseCategoricalCrossentropy(axis=0)),
    ("SparseCategoricalCrossentropy", "ignore_class"): lambda: model(
        loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=1)
    ),
    ("Dense", "quantization_config"): lambda: None,
    ("compile", "steps_per_execution"): lambda: None,  # of `fit` only; tests/verify/test_callback.py
    **{
        (kind.__name__, name): lambda kind=kind, name=name, value=value: optimizer(kind, **{name: value})
        for kind in (optimizer_kinds.Adam, optimizer_kinds.AdamW, optimizer_kinds.SGD)
        for name, value in (("use_ema", True), ("loss_scale_factor", 2.0), ("gradient_accumulation_steps", 2))
    },
}


def signatures():
    kinds = [*by_layer(), L.Activation, *losses(), *optimizers()]
    for kind in kinds:
        yield kind.__name__, inspect.signature(kind.__init__).parameters
    yield "compile", inspect.signature(keras.Model.compile).parameters


@pytest.mark.parametrize(("name", "parameters"), list(signatures()), ids=lambda x: x if isinstance(x, str) else "")
def test_every_argument_is_modelled_or_refused(name, parameters):
    refused = {argument for kind, argument in REFUSED if kind == name}
    known = MODELLED.get(name, set()) | refused | WITHOUT_EFFECT | {"self", "args", "kwargs"}
    assert set(parameters) <= known, f"{name}: {set(parameters) - known}"


@pytest.mark.parametrize("case", [c for c, make in REFUSED.items() if make() is not None], ids=" ".join)
def test_a_refused_argument_is_named(case):
    _, argument = case
    words = {"trainable": "frozen", "use_ema": "averages", "loss_scale_factor": "loss scaling", "lora_rank": "LoRA",
             "gradient_accumulation_steps": "accumulated", "axis": "axis"}  # fmt: skip
    labels = np.argmax(Y, axis=1) if case[0].startswith("Sparse") else Y
    with pytest.raises(Unusable, match=words.get(argument, argument)):
        verify.check(REFUSED[case](), X, labels)


def test_loss_weights_are_modelled():
    checked = verify.check(model(loss_weights=[2.0]), X, Y)
    assert checked.passed and "weight=2" in checked.trace.settings.loss
    plain = verify.check(model(), X, Y)
    assert plain.trace.settings.loss == "categorical_crossentropy"
    doubled = verify.check(model(loss_weights=2.0, loss=keras.losses.MeanSquaredError()), X, Y, steps=2)
    assert doubled.passed


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4)])
def test_flatten_with_channels_first(shape):
    layers = [L.Rescaling(0.5), L.Flatten(data_format="channels_first")]
    x = RNG.normal(size=(6, *shape)).astype("float32")
    assert verify.check(model(*layers, shape=shape), x, Y, steps=2).passed


def test_another_epsilon_of_keras():
    try:
        keras.config.set_epsilon(1e-2)
        for loss, y in (("categorical_crossentropy", Y), ("sparse_categorical_crossentropy", np.argmax(Y, axis=1))):
            head = keras.Sequential([keras.Input((5,)), L.Dense(3, "softmax"), L.Dropout(0.01)])
            head.compile("sgd", loss, jit_compile=False)
            head.layers[0].kernel.assign(head.layers[0].kernel * 20)  # probabilities near 0
            checked = verify.check(head, X, y)
            assert checked.passed and "epsilon=0.01" in checked.trace.settings.loss, checked.headline
    finally:
        keras.config.set_epsilon(1e-7)


def test_nothing_is_changed_by_a_check():
    """Seeds, precision, filters, environment, and every attribute and variable of model, loss and optimizer."""
    import os
    import random
    import warnings

    from verify.capture.memory import Memory

    net = model(L.Dense(4, "relu"), L.Dropout(0.5), optimizer=optimizer_kinds.Adam(), metrics=["accuracy"])

    def state():
        memory = Memory(net)
        return (
            [(id(variable), value.tobytes()) for variable, value in memory.values],
            [{name: id(value) for name, value in saved.items()} for _, saved in memory.attributes],
            [list(map(id, saved)) for _, saved in memory.members],
            random.getstate(), np.random.get_state()[1].tobytes(), dict(os.environ), list(warnings.filters),  # noqa: NPY002
            keras.config.floatx(), keras.config.dtype_policy().name, keras.config.epsilon(),
        )  # fmt: skip

    for _ in range(2):  # before and after it has trained
        before = state()
        assert verify.check(net, X, Y, steps=2).passed
        assert state() == before
        assert verify.check(net, X, Y, optimizer="sgd", loss="mean_squared_error").passed
        assert state() == before
        net.fit(X, Y, verbose=0)


KINDS_OF_X = {
    "float64": lambda x: x.astype("float64"),
    "integers": lambda x: (x * 10).astype("int64"),
    "bytes": lambda x: np.abs(x * 50).astype("uint8"),
    "booleans": lambda x: x > 0,
    "Fortran order": np.asfortranarray,
    "every second column": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "a list": lambda x: x.tolist(),
    "a tensor": lambda x: keras.ops.convert_to_tensor(x),
}


@pytest.mark.parametrize("kind", KINDS_OF_X)
def test_inputs_as_people_have_them(kind):
    net = model(L.Dense(4, "relu"))
    assert verify.check(net, KINDS_OF_X[kind](X), Y).passed


def test_frames_datasets_and_columns_of_labels():
    import pandas
    import tensorflow as tf

    net = model(L.Dense(4, "relu"))
    assert verify.check(net, pandas.DataFrame(X), pandas.DataFrame(Y)).passed
    dataset = tf.data.Dataset.from_tensor_slices((X, Y)).batch(3)
    assert verify.check(net, dataset, steps=2).passed
    with pytest.raises(Unusable, match="3 batches of one size"):
        verify.check(net, dataset, steps=3)
    with pytest.raises(Unusable, match="labels are needed"):
        verify.check(net, X)
    one = keras.Sequential([keras.Input((5,)), L.Dense(1)])
    one.compile(optimizer_kinds.SGD(nesterov=True), "mse", jit_compile=False)
    assert verify.check(one, X, X[:, 0]).passed
    assert verify.check(one, X, (X[:, 0] > 0)).passed
    for name in ("sample_weight", "class_weight"):
        with pytest.raises(Unusable, match=name):
            verify.check(net, X, Y, **{name: np.ones(6)})


def test_a_metric_of_ones_own_does_not_matter():
    class Own(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="own")
            self.count = self.add_weight(shape=(), initializer="zeros", name="count")

        def update_state(self, y, p, sample_weight=None):
            self.count.assign_add(1.0)

        def result(self):
            return keras.ops.convert_to_tensor(self.count)

    assert verify.check(model(L.Dense(4), metrics=[Own()]), X, Y, steps=2).passed
