"""Random trainings: all parts of a training at once, around a small network with one or two outputs.

Drawn are the losses and their weights, the weights of the examples, regularizers, constraints, the optimizer with what
is around it, the learning rate, the precision and the compiler.
"""

from typing import Any

import numpy as np

from benchmarks.random_losses import labels_for, loss_for
from benchmarks.random_models import optimizer_for, said, set_up

HIDDEN = ("relu", "tanh", "sigmoid", "gelu", "elu", "linear")
OUTPUTS = ("softmax", "softmax", "sigmoid", "linear", "relu", "tanh")
ROWS = 3  # of a sequence


def drawn(seed: int, steps: int = 10) -> tuple[Any, list[tuple[Any, ...]], str]:
    """Return a compiled model, a batch for each step, and a description.  A number always gives the same model."""
    rng, dtype, jit, keras = set_up(17, seed)
    sequence, size, batch = bool(rng.random() < 0.3), int(rng.integers(1, 9)), int(rng.choice([1, 2, 5, 16, 40]))
    axes = (ROWS,) if sequence else ()
    read = first = keras.Input((*axes, size))
    hidden = []
    for _ in range(int(rng.integers(0, 3))):
        for layer in _hidden(keras, rng, sequence, read.shape[-1]):
            read = layer(read)
            hidden.append(layer)
    weighted, ends, losses, widths = bool(rng.random() < 0.35), [], [], []
    for _ in range(1 if rng.random() < 0.75 else 2):
        activation, outputs = str(rng.choice(OUTPUTS)), int(rng.choice([2, 3, 5] if sequence else [1, 2, 3, 5]))
        ends.append(keras.layers.Dense(outputs, activation, **_of_parameters(keras, rng))(read))
        losses.append((activation, _loss(keras, rng, activation, weighted)))
        widths.append(outputs)
    optimizer, scales = optimizer_for(keras, rng), [float(rng.choice([1.0, 0.3])) for _ in ends]
    model = keras.Model(first, ends if len(ends) > 1 else ends[0])
    if optimizer.use_ema and optimizer.ema_overwrite_frequency:  # with a constraint, this is not verified
        for variable in model.trainable_variables:
            variable.constraint = None
    model.compile(
        optimizer, [loss for _, loss in losses], loss_weights=scales if rng.random() < 0.3 else None, jit_compile=jit
    )
    batches = []
    for _ in range(steps):
        x = rng.normal(size=(batch, *axes, size)).astype(dtype)
        y, s = [], []
        for outputs, (activation, loss) in zip(widths, losses, strict=True):
            labels = labels_for(rng, loss, activation, (batch * (ROWS if sequence else 1), outputs), dtype)
            y.append(labels.reshape(batch, *axes, *labels.shape[1:]))
            kept = (np.arange(batch) % 3 != 1).reshape(batch, *(1 for _ in axes))
            s.append(((rng.random((batch, *axes)) + 0.01) * kept).astype(dtype))
        given = (y, s) if len(ends) > 1 else (y[0], s[0])
        batches.append((x, *given) if weighted else (x, given[0]))
    parts = [*hidden, *(loss for _, loss in losses), optimizer]
    how = f"{dtype} {'XLA' if jit else 'graph'} batch {batch} of {(*axes, size)}{', weighted' if weighted else ''}"
    return model, batches, f"{how}: {', '.join(said(part) for part in parts)}; outputs {widths}"


def _hidden(keras: Any, rng: Any, sequence: bool, inputs: int) -> list[Any]:
    """Return a hidden layer that reads so many numbers, perhaps with one that normalises or drops."""
    L, activation = keras.layers, str(rng.choice(HIDDEN))
    options = _of_parameters(keras, rng)
    if sequence and rng.random() < 0.4:
        made = [L.Conv1D(int(rng.integers(1, 5)), 2, padding="same", activation=activation, **options)]
    else:
        size = int(rng.integers(1, 8))
        if min(inputs, size) > 1 and keras.config.floatx() == "float32" and rng.random() < 0.2:
            mode = str(rng.choice(["rows", "columns"]))
            options["kernel_regularizer"] = keras.regularizers.OrthogonalRegularizer(0.03, mode)
        if rng.random() < 0.2:
            options["activity_regularizer"] = keras.regularizers.L1L2(0.01, float(rng.choice([0.0, 0.02])))
        made = [L.Dense(size, activation, **options)]
    apart = [] if "activity_regularizer" in options else [lambda: L.ActivityRegularization(0.01)]
    others = (L.BatchNormalization, L.LayerNormalization, lambda: L.Dropout(0.3), *apart)
    return [*made, others[int(rng.integers(len(others)))]()] if rng.random() < 0.25 else made


def _of_parameters(keras: Any, rng: Any) -> dict[str, Any]:
    """Return the options of a layer for its parameters: regularizers and constraints."""
    R, C = keras.regularizers, keras.constraints
    regularizers = (R.L1(0.01), R.L2(0.01), R.L1L2(0.001, 0.01))
    constraints = (C.NonNeg(), C.UnitNorm(), C.MaxNorm(1.0), C.MinMaxNorm(0.2, 1.5, 0.7))
    options: dict[str, Any] = {"use_bias": bool(rng.random() < 0.8)}
    for name, part in (("kernel", 0.3), ("bias", 0.15 * options["use_bias"])):
        if rng.random() < part:
            options[f"{name}_regularizer"] = regularizers[int(rng.integers(len(regularizers)))]
        if rng.random() < part / 2:
            options[f"{name}_constraint"] = constraints[int(rng.integers(len(constraints)))]
    return options


def _loss(keras: Any, rng: Any, activation: str, weighted: bool) -> Any:
    """Return a loss that suits the activation; one of each example if the examples have weights."""
    loss = loss_for(keras, rng, activation, False)
    while weighted and type(loss).__name__ in ("Dice", "Tversky"):
        loss = loss_for(keras, rng, activation, False)
    if weighted and rng.random() < 0.4:
        loss.reduction = "mean_with_sample_weight"
    return loss
