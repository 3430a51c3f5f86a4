"""Random models, each from a number, over all that is verified: layers, losses, optimizers, precisions, compilers."""

from typing import Any

import numpy as np

from verify.records.trace import Array

HIDDEN = ("relu", "tanh", "sigmoid", "leaky_relu", "linear")
OUTPUTS = ("softmax", "softmax", "sigmoid", "linear")


def drawn(seed: int, steps: int = 2) -> tuple[Any, list[tuple[Array, Array]], str]:
    """Return a compiled model, a batch for each step, and a description of the model; equal seeds give equal models."""
    import keras

    rng = np.random.default_rng([6, seed])
    dtype = str(rng.choice(["float32", "float32", "float64"]))
    keras.backend.clear_session()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    keras.utils.set_random_seed(seed)
    inputs, outputs = int(rng.integers(2, 40)), int(rng.integers(2, 12))
    layers, output = _layers(keras, rng, outputs)
    loss, sparse = _loss(keras, rng, output)
    optimizer, jit, batch = _optimizer(keras, rng), bool(rng.random() < 0.5), int(rng.choice([1, 2, 7, 32]))
    model = keras.Sequential([keras.Input((inputs,)), *layers])
    model.compile(optimizer, loss, jit_compile=jit)
    model.optimizer.build(model.trainable_variables)
    batches = []
    for _ in range(steps):
        labels = rng.integers(outputs, size=batch)
        y = labels if sparse else np.eye(outputs)[labels].astype(dtype)
        if not sparse and isinstance(loss, keras.losses.MeanSquaredError) and output == "linear":
            y = rng.normal(size=(batch, outputs)).astype(dtype)
        batches.append((rng.random((batch, inputs)).astype(dtype), y))
    made = ", ".join(_said(layer.get_config(), layer) for layer in layers)
    text = f"{dtype} {'XLA' if jit else 'graph'} batch {batch} of {inputs}: {made}; {_said(loss.get_config(), loss)}; "
    return model, batches, text + _said(optimizer.get_config(), optimizer)


KEPT = ("units", "activation", "use_bias", "rate", "scale", "offset", "negative_slope", "from_logits", "reduction",
        "label_smoothing", "momentum", "nesterov", "amsgrad", "weight_decay", "clipnorm", "clipvalue",
        "global_clipnorm", "learning_rate")  # fmt: skip


def _said(config: dict[str, Any], thing: Any) -> str:
    words = ", ".join(f"{k}={v}" for k, v in config.items() if k in KEPT and v not in (None, 0, False, 0.0))
    return f"{type(thing).__name__}({words})"


def _layers(keras: Any, rng: Any, outputs: int) -> tuple[list[Any], str]:
    made: list[Any] = []
    if rng.random() < 0.3:
        made.append(keras.layers.Rescaling(float(rng.choice([1 / 255, 2.0, 0.3])), float(rng.choice([0.0, -1.0, 0.1]))))
    if rng.random() < 0.2:
        made.append(keras.layers.Dropout(float(rng.choice([0.1, 0.5]))))
    for _ in range(int(rng.integers(0, 4))):
        name, bias = str(rng.choice(HIDDEN)), bool(rng.random() < 0.8)
        if rng.random() < 0.3:
            made.append(keras.layers.Dense(int(rng.integers(1, 70)), use_bias=bias))
            leaky = keras.layers.LeakyReLU(float(rng.choice([0.01, 0.3])))
            made.append(leaky if name == "leaky_relu" else keras.layers.Activation(name))
        else:
            made.append(keras.layers.Dense(int(rng.integers(1, 70)), name, use_bias=bias))
        if rng.random() < 0.3:
            made.append(keras.layers.Dropout(float(rng.choice([0.1, 0.3, 0.5]))))
    output = str(rng.choice(OUTPUTS))
    made.append(keras.layers.Dense(outputs, output, use_bias=bool(rng.random() < 0.8)))
    if rng.random() < 0.1:
        made.append(keras.layers.Dropout(0.2))
    return made, output


def _loss(keras: Any, rng: Any, output: str) -> tuple[Any, bool]:
    """Return a loss and whether it takes class numbers; after a linear output a cross-entropy takes logits."""
    reduction, kind = str(rng.choice(["sum_over_batch_size", "sum"])), int(rng.integers(3))
    logits = output == "linear"
    if kind == 0:
        return keras.losses.MeanSquaredError(reduction=reduction), False
    if kind == 1:
        return keras.losses.SparseCategoricalCrossentropy(from_logits=logits, reduction=reduction), True
    smoothing = float(rng.choice([0.0, 0.1, 0.3]))
    return keras.losses.CategoricalCrossentropy(logits, smoothing, reduction=reduction), False


def _rate(keras: Any, rng: Any) -> Any:
    S, first = keras.optimizers.schedules, float(rng.choice([0.1, 0.01, 0.001]))
    kinds = (
        lambda: first, lambda: first, lambda: first,
        lambda: S.ExponentialDecay(first, 3, 0.9, staircase=bool(rng.random() < 0.5)),
        lambda: S.InverseTimeDecay(first, 2, 0.5, staircase=bool(rng.random() < 0.5)),
        lambda: S.PolynomialDecay(first, 3, first / 10, float(rng.choice([1.0, 2.0]))),
        lambda: S.PiecewiseConstantDecay([0, 1], [first, first / 2, first / 3]),
    )  # fmt: skip
    return kinds[int(rng.integers(len(kinds)))]()


def _optimizer(keras: Any, rng: Any) -> Any:
    clipping = ({}, {}, {}, {"clipnorm": 0.1}, {"clipvalue": 0.01}, {"global_clipnorm": 0.1})[int(rng.integers(6))]
    rate, kind = _rate(keras, rng), int(rng.integers(4))
    if kind == 0:
        momentum = float(rng.choice([0.0, 0.9]))
        nesterov = bool(momentum and rng.random() < 0.5)
        decay = float(rng.choice([0.0, 0.01])) or None
        return keras.optimizers.SGD(rate, momentum, nesterov, weight_decay=decay, **clipping)
    if kind == 1:
        return keras.optimizers.AdamW(rate, weight_decay=0.004, amsgrad=bool(rng.random() < 0.5), **clipping)
    return keras.optimizers.Adam(rate, amsgrad=kind == 2, **clipping)
