"""Every argument of every Keras class that is verified is modelled, has no effect on a step, or is refused by name."""

import inspect

import keras
import numpy as np
import pytest

import verify
from tests.verify.capture.layer_arguments import LAYERS
from verify.capture.layers import by_layer
from verify.capture.losses import by_class as losses
from verify.capture.optimizers import by_class as optimizers
from verify.errors import Unusable

L, optimizer_kinds = keras.layers, keras.optimizers
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(6, 5)).astype("float32"), np.eye(3, dtype="float32")[RNG.integers(3, size=6)]

ADAM = {"beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "amsgrad": True}
OPTIMIZER = {"learning_rate": 0.03, "weight_decay": 0.1, "clipnorm": 0.01, "clipvalue": 1e-3, "global_clipnorm": 0.02}
OPTIMIZER |= {"use_ema": True, "loss_scale_factor": 2.0, "gradient_accumulation_steps": 2}
# arguments whose value reaches the equations, each with a value that is not its default
MODELLED = {
    L.Dense: {
        "activity_regularizer": "l2",
        "units": 4,
        "activation": "tanh",
        "use_bias": False,
        "trainable": False,
        "kernel_regularizer": "l2",
        "bias_regularizer": "l1",
        "kernel_constraint": "non_neg",
        "bias_constraint": "unit_norm",
    },
    L.Dropout: {"rate": 0.25},
    L.ELU: {"alpha": 0.5},
    L.Flatten: {"data_format": "channels_first"},
    L.LeakyReLU: {"negative_slope": 0.1},
    L.Rescaling: {"scale": 0.5, "offset": 0.25},
    L.Activation: {"activation": "sigmoid", "activity_regularizer": "l2"},
    L.ActivityRegularization: {"l1": 0.1, "l2": 0.1},
    L.ReLU: {"max_value": 0.5, "negative_slope": 0.1, "threshold": 0.1},
    keras.losses.CategoricalCrossentropy: {"from_logits": True, "label_smoothing": 0.1, "reduction": "sum"},
    keras.losses.SparseCategoricalCrossentropy: {"from_logits": True, "reduction": "sum"},
    keras.losses.MeanSquaredError: {"reduction": "sum"},
    optimizer_kinds.Adam: OPTIMIZER | ADAM,
    optimizer_kinds.AdamW: OPTIMIZER | ADAM,
    optimizer_kinds.SGD: OPTIMIZER | {"momentum": 0.5, "nesterov": True},
    "compile": {"optimizer": "adam", "loss": "mse", "loss_weights": 2.0, "run_eagerly": True, "jit_compile": True},
}
NEEDED = {
    L.Dense: {"units": 3},
    "activity_regularizer": "l2",
    L.Dropout: {"rate": 0.5},
    L.Rescaling: {"scale": 2.0},
    L.Activation: {"activation": "relu"},
}
# arguments that do not change what a step computes from its weights, state and batch
WITHOUT_EFFECT = {
    "name", "kernel_initializer", "bias_initializer", "seed", "dtype",  # a dtype other than the model's is refused
    "autocast", "shape", "batch_size", "batch_shape", "input_tensor", "optional", "metrics", "weighted_metrics",
    "auto_scale_loss", "ema_momentum", "ema_overwrite_frequency", "lora_alpha",  # without use_ema, lora_rank
    "quantization_config",  # of a layer that is not quantised
    "steps_per_execution",  # of `fit`, where ByHand refuses it (tests/verify/test_callback.py)
}  # fmt: skip


def model(*layers, optimizer="sgd", loss=None, shape=(5,), **how):
    net = keras.Sequential([keras.Input(shape), *layers, L.Dense(3, "softmax")])
    net.compile(optimizer, loss or keras.losses.CategoricalCrossentropy(), **{"jit_compile": False, **how})
    return net


def dense(**how):
    return model(L.Dense(4, **how))


def behind(inputs):
    net = keras.Model(inputs, L.Dense(3, "softmax")(inputs))
    net.compile("sgd", "categorical_crossentropy", jit_compile=False)
    return net


REFUSED = {
    ("Dense", "lora_rank"): lambda: dense(lora_rank=2),
    ("Dropout", "noise_shape"): lambda: model(L.Dropout(0.5, noise_shape=(1, 5))),
    ("Softmax", "axis"): lambda: model(L.Dense(4), L.Softmax(axis=0)),
    ("InputLayer", "sparse"): lambda: behind(keras.Input((5,), sparse=True)),
    ("InputLayer", "ragged"): lambda: behind(keras.Input((5,), ragged=True)),
    ("CategoricalCrossentropy", "axis"): lambda: model(loss=keras.losses.CategoricalCrossentropy(axis=0)),
    ("SparseCategoricalCrossentropy", "axis"): lambda: model(loss=keras.losses.SparseCategoricalCrossentropy(axis=0)),
    ("SparseCategoricalCrossentropy", "ignore_class"): lambda: model(
        loss=keras.losses.SparseCategoricalCrossentropy(ignore_class=1)
    ),
}


def signatures():
    of_losses = (kind for kind in losses() if kind in MODELLED)  # for the others see test_losses.py
    of_optimizers = (kind for kind in optimizers() if kind in MODELLED)  # for the others see test_optimizers.py
    kinds = [*(kind for kind in by_layer() if kind not in LAYERS), L.Activation, *of_losses, *of_optimizers]
    for kind in kinds:
        yield kind, inspect.signature(kind.__init__).parameters
    yield "compile", inspect.signature(keras.Model.compile).parameters


@pytest.mark.parametrize(("kind", "parameters"), list(signatures()), ids=lambda x: getattr(x, "__name__", ""))
def test_every_argument_is_modelled_or_refused(kind, parameters):
    name = getattr(kind, "__name__", kind)
    refused = {argument for refusing, argument in REFUSED if refusing == name}
    known = MODELLED.get(kind, {}).keys() | refused | WITHOUT_EFFECT | {"self", "args", "kwargs"}
    assert set(parameters) <= known, f"{name}: {set(parameters) - known}"


def with_argument(kind, options):
    """Return a model with an object of this kind that has these options, and its labels."""
    how, layers, shape = {}, (L.Dense(6),), (5,)
    if kind == "compile":
        how = {"optimizer": "sgd", "loss": "categorical_crossentropy", **options}
    elif issubclass(kind, keras.losses.Loss):
        how["loss"] = kind(**options)
    elif issubclass(kind, keras.optimizers.Optimizer):
        how["optimizer"] = kind(**{"momentum": 0.9} if "nesterov" in options else {}, **options)
    elif kind in (L.Flatten, L.Rescaling):
        shape, layers = (2, 3), (kind(**NEEDED.get(kind, {}) | options), *([] if kind is L.Flatten else [L.Flatten()]))
    else:
        layers = (L.Dense(6), kind(**NEEDED.get(kind, {}) | options))
    y = np.argmax(Y, axis=1) if kind is keras.losses.SparseCategoricalCrossentropy else Y
    return model(*layers, shape=shape, **how), RNG.normal(size=(6, *shape)).astype("float32"), y


@pytest.mark.parametrize(
    ("kind", "argument"),
    [(kind, argument) for kind, arguments in MODELLED.items() for argument in arguments],
    ids=lambda x: getattr(x, "__name__", x),
)
def test_a_modelled_argument_reaches_the_equations(kind, argument):
    """The step agrees with its equations, and no longer agrees with those of the default."""
    net, x, y = with_argument(kind, {argument: MODELLED[kind][argument]})
    checked, plain = verify.check(net, x, y), verify.check(*with_argument(kind, {}))
    assert checked.passed, checked.headline
    described = [(c.trace.settings, c.trace.network) for c in (checked, plain)]
    assert described[0] != described[1] or argument in ("data_format", "run_eagerly"), described


@pytest.mark.parametrize("case", REFUSED, ids=" ".join)
def test_a_refused_argument_is_named(case):
    _, argument = case
    words = {"lora_rank": "LoRA"}
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
