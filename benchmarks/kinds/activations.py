"""Random activations with random options: as an argument, as a layer, as an operation, in the middle and at the end.

Keras's sparsemax is left out: up to Keras 3.15 it is wrong (Keras's issue 23425), and By Hand says so. Before a celu
the biases are random: at z = 0 exactly, the slope of Keras's celu is 2 in place of 1, and By Hand says so.
"""

from functools import partial
from typing import Any

import keras
import numpy as np

from benchmarks.kinds.normalization import example, some_axes

PLAIN = (
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu",
    "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink",
    "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "squareplus", "tanh", "tanh_shrink",
)  # fmt: skip
WITH_OPTIONS = ("relu", "relu", "leaky_relu", "elu", "soft_shrink", "hard_shrink", "gelu", "threshold", "softmax",
                "log_softmax", "glu")  # fmt: skip
LAYERS = ("ReLU", "LeakyReLU", "ELU", "Softmax", "PReLU", "PReLU")
NOT_ON_TENSORS = ("linear", "mish", "hard_silu")  # functions of `keras.activations` that do not take symbolic tensors


def options(rng: np.random.Generator, name: str, axes: int) -> dict[str, Any]:
    """Return random options of a function of `keras.activations` that reads examples with so many axes."""

    def one(*values: Any) -> Any:
        return values[rng.integers(len(values))]

    axis = -int(rng.integers(1, axes + 1))
    drawn = {
        "relu": {"max_value": one(None, 0.7, 2.0, 6.0), "negative_slope": one(0.0, 0.1, 0.25),
                 "threshold": one(0.0, 0.1, 1.0)},
        "leaky_relu": {"negative_slope": one(0.01, 0.1, 0.5)},
        "elu": {"alpha": one(0.1, 0.5, 2.0)},
        "soft_shrink": {"threshold": one(0.0, 0.1, 1.0)},
        "hard_shrink": {"threshold": one(0.0, 0.1, 1.0)},
        "gelu": {"approximate": one(True, True, False)},
        "threshold": {"threshold": one(-0.5, 0.0, 0.1), "default_value": one(0.0, 0.1, -2.0)},
        "softmax": {"axis": axis}, "log_softmax": {"axis": axis}, "glu": {"axis": -1},
    }  # fmt: skip
    return drawn[name]


def function(rng: np.random.Generator, axes: int, glu: bool = True) -> Any:
    """Return a function of `keras.activations`, with random options in half of the cases."""
    if rng.random() < 0.5:
        return getattr(keras.activations, str(rng.choice(PLAIN)))
    name = str(rng.choice([name for name in WITH_OPTIONS if glu or name != "glu"]))
    return partial(getattr(keras.activations, name), **options(rng, name, axes))


def layer(rng: np.random.Generator, axes: int) -> Any:
    """Return a random layer of Keras's package of activations."""
    kind = str(rng.choice(LAYERS))
    if kind == "PReLU":
        shared = some_axes(rng, axes) if axes > 1 and rng.random() < 0.5 else None
        made = keras.layers.PReLU(keras.initializers.RandomNormal(stddev=0.3), shared_axes=shared)
    elif kind == "Softmax":
        axis = int(rng.integers(1, axes + 1))
        made = keras.layers.Softmax(axis=[axis] if rng.random() < 0.3 else axis)
    else:
        made = getattr(keras.layers, kind)(**options(rng, {"LeakyReLU": "leaky_relu"}.get(kind, kind.lower()), axes))
    return with_text(made, f"{kind}({_words(made.get_config())})")


def with_text(made: Any, text: str) -> Any:
    """Return a layer or function that says how it was drawn."""
    object.__setattr__(made, "drawn_as", text)
    return made


def _words(given: dict[str, Any]) -> str:
    return ", ".join(f"{k}={v}" for k, v in given.items() if k not in ("name", "dtype", "trainable")
                     and not isinstance(v, dict))  # fmt: skip


def _said(chosen: Any) -> str:
    return f"{chosen.func.__name__}({_words(chosen.keywords)})" if isinstance(chosen, partial) else chosen.__name__


def _biases(chosen: Any) -> str:
    return "random_normal" if chosen is keras.activations.celu else "zeros"


def activation(rng: np.random.Generator, axes: int, units: int, *, last: bool) -> list[Any]:
    """Return layers that give `units` numbers along the last axis, with a random activation."""
    how = int(rng.integers(4))
    if how == 0:
        return [keras.layers.Dense(units), layer(rng, axes)]
    chosen = function(rng, axes)
    dense = partial(keras.layers.Dense, bias_initializer=_biases(chosen))
    is_glu = isinstance(chosen, partial) and chosen.func is keras.activations.glu
    width, text = units * 2 if is_glu else units, _said(chosen)
    if is_glu and not last:
        how = 3  # Keras declares a wrong shape for a layer with glu: nothing that is built with it can follow
    if how == 3 and (chosen.func if isinstance(chosen, partial) else chosen).__name__ not in NOT_ON_TENSORS:
        applied = chosen if isinstance(chosen, partial) else partial(chosen)
        return [dense(width), with_text(applied, f"operation {text}")]
    if how == 1:
        return [dense(width), with_text(keras.layers.Activation(chosen), f"Activation({text})")]
    return [with_text(dense(width, chosen), f"Dense({text})")]


def drawn(rng: np.random.Generator) -> tuple[list[Any], tuple[int, ...]]:
    """Return random layers and the shape of one example that they read."""
    shape = example(rng)
    layers = activation(rng, len(shape), int(rng.integers(1, 8)), last=False)
    if rng.random() < 0.5:
        layers += activation(rng, len(shape), int(rng.integers(1, 8)), last=False)
    if len(shape) > 1 and rng.random() < 0.5:
        chosen = function(rng, len(shape), glu=False)
        convolution = (keras.layers.Conv1D, keras.layers.Conv2D)[len(shape) - 2]
        made = convolution(3, 2, activation=chosen, bias_initializer=_biases(chosen))
        layers.append(with_text(made, f"{convolution.__name__}({_said(chosen)})"))
    return layers, shape


def end(rng: np.random.Generator, outputs: int) -> tuple[list[Any], Any]:
    """Return the last layers, which give so many outputs through a random activation, and a loss."""
    losses = (keras.losses.MeanSquaredError(), keras.losses.CategoricalCrossentropy(from_logits=True))
    return activation(rng, 1, outputs, last=True), losses[rng.integers(2)]
