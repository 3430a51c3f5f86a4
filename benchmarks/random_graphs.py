"""Random graphs of 3 to 15 layers, with branches, over the kinds of layers that a graph of images and rows may have."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.random_models import set_up

ACTIVATIONS = ("relu", "relu", "tanh", "sigmoid", "elu", "gelu", "silu", "softplus", "leaky_relu")
OUTPUTS = 3
MOST = 400  # numbers of an example that a layer may give
Layer = Any  # a Keras layer


SHAPES = ((6, 5, 2), (7, 7, 1), (4, 3), (9,))


def drawn(seed: int, steps: int = 2) -> tuple[Any, list[tuple[Any, Any]], str]:
    """Return a compiled model, a batch for each step, and a description.  A number always gives the same model."""
    rng, dtype, jit, keras = set_up(9, seed)
    L = keras.layers
    shapes = [SHAPES[int(rng.integers(4))] for _ in range(2 if rng.random() < 0.2 else 1)]
    inputs = [keras.Input(shape) for shape in shapes]
    tensors, unread = list(inputs), list(range(len(inputs)))
    for _ in range(int(rng.integers(3, 16))):
        reads, given = _next(L, rng, tensors)
        unread = [k for k in unread if k not in reads] + [len(tensors)]
        tensors.append(given)
    rows = [t if len(t.shape) == 2 else L.Flatten()(t) for t in (tensors[k] for k in unread)]
    joined = rows[0] if len(rows) == 1 else L.Concatenate()(rows)
    ends = [(L.Dense(OUTPUTS, "softmax")(joined), "categorical_crossentropy")]
    while rng.random() < 0.25:  # more outputs, some of which read the one before
        read = joined if rng.random() < 0.5 else ends[-1][0]
        ends.append((L.Dense(OUTPUTS, str(rng.choice(["linear", "sigmoid"])))(read), "mean_squared_error"))
    model = keras.Model(inputs, [given for given, _ in ends])
    optimizer = (keras.optimizers.Adam, keras.optimizers.SGD)[int(rng.integers(2))](0.01)
    model.compile(optimizer, [loss for _, loss in ends], jit_compile=jit, loss_weights=_weights(rng, len(ends)))
    batch = int(rng.choice([1, 2, 5, 16]))
    batches = []
    for _ in range(steps):
        y = [np.eye(OUTPUTS)[rng.integers(OUTPUTS, size=batch)].astype(dtype) for _ in ends]
        batches.append(([rng.normal(size=(batch, *shape)).astype(dtype) for shape in shapes], y))
    names = " ".join(type(layer).__name__ for layer in model.layers)
    how = f"{dtype} {'XLA' if jit else 'graph'} batch {batch}"
    return model, batches, f"{how} of {shapes}, {len(ends)} outputs: {names}"


def _weights(rng: Any, outputs: int) -> list[float] | None:
    """Return random weights of the losses, or None."""
    return [float(rng.choice([0.5, 1.0, 0.3])) for _ in range(outputs)] if rng.random() < 0.5 else None


def _next(L: Any, rng: Any, tensors: list[Any]) -> tuple[list[int], Any]:
    """Return the positions of the tensors that a new layer reads, and what it gives."""
    last = len(tensors) - 1 if rng.random() < 0.7 else int(rng.integers(len(tensors)))
    alike = [k for k, t in enumerate(tensors) if t.shape == tensors[last].shape and k != last]
    if alike and rng.random() < 0.5:
        other = int(rng.choice(alike))
        merge = (L.Add, L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum, L.Minimum, L.Concatenate)[rng.integers(8)]
        more = [int(rng.choice(alike))] if merge is not L.Subtract and rng.random() < 0.3 else []
        reads = [last, other, *more]
        return reads, merge()([tensors[k] for k in reads])
    shape = tuple(tensors[last].shape[1:])
    return [last], _layer(L, rng, shape)(tensors[last])


def _layer(L: Any, rng: Any, shape: tuple[int, ...]) -> Layer:
    """Return a random layer that reads examples of this shape and gives few numbers."""
    activation = str(rng.choice(ACTIVATIONS))
    kinds: list[Callable[[], Layer]] = [
        lambda: L.Activation(activation),
        lambda: L.Dense(int(rng.integers(2, 6)), str(rng.choice([activation, "linear"]))),
        lambda: L.Dense(shape[-1], activation),
        lambda: L.Dropout(float(rng.choice([0.2, 0.5]))),
        lambda: L.BatchNormalization(),
        lambda: L.LayerNormalization(),
    ]
    if len(shape) == 3:
        kinds += [
            lambda: L.Conv2D(int(rng.integers(1, 4)), int(rng.integers(1, 4)), padding="same", activation=activation),
            lambda: L.Conv2D(shape[-1], 3, padding="same"),
            lambda: L.Conv2D(2, min(2, *shape[:2]), strides=int(rng.integers(1, 3))),
            lambda: L.DepthwiseConv2D(2 if min(shape[:2]) > 1 else 1, padding="same", activation=activation),
            lambda: L.MaxPooling2D(2, padding="same"),
            lambda: L.AveragePooling2D(2, strides=1, padding="same"),
            lambda: L.ZeroPadding2D(1),
            lambda: L.GlobalAveragePooling2D(),
            lambda: L.Permute((2, 1, 3)),
        ]
    if len(shape) == 2:
        kinds += [lambda: L.Conv1D(3, 2, padding="same"), lambda: L.MaxPooling1D(2, padding="same")]
    if len(shape) == 1 and shape[0] % 2 == 0:
        kinds += [lambda: L.Reshape((2, -1))]
    made = kinds[int(rng.integers(len(kinds)))]()
    return made if np.prod(made.compute_output_shape((None, *shape))[1:]) <= MOST else L.Activation(activation)
