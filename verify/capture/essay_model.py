"""The essay's network as Keras has it: built from a seed, its variables by the essay's names."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np

from reference.network import Network
from reference.tensor_names import kept, of_layer
from verify.capture.optimizers import by_class, readers
from verify.records.settings import OPTIMIZERS, Settings
from verify.records.trace import Array


def build(settings: Settings, network: Network) -> Any:
    """The essay's model, compiled, its weights and its optimizer's variables made from the seed."""
    keras.backend.clear_session()
    use_precision(settings.dtype)
    keras.utils.set_random_seed(settings.seed)
    model = keras.Sequential([keras.Input((network.sizes[0],)), *dense_layers(network, settings.seed)])
    chosen = OPTIMIZERS[settings.optimizer]
    own = readers()[chosen.name].made(chosen)
    model.compile(optimizer=own, loss=settings.loss, jit_compile=settings.jit)
    model.optimizer.build(model.trainable_variables)
    return model


def use_precision(dtype: str) -> None:
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)


def dense_layers(network: Network, seed: int) -> list[Any]:
    """As Keras makes them after `random.seed(seed)`: each layer draws the seed of its weights.

    They draw from a generator of their own: Python's is everybody's, and another thread that draws from it meanwhile
    (Dask's do, to guess the size of a dictionary) would give the layers that follow other weights.
    """
    own = random.Random(seed)
    seeds = [own.randint(1, int(1e9)) for _ in network.activations]  # keras.random's make_default_seed
    layers = zip(network.sizes[1:], network.activations, seeds, strict=True)
    return [keras.layers.Dense(n, f, kernel_initializer=keras.initializers.GlorotUniform(s)) for n, f, s in layers]


def variables(model: Any) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


def to_numpy(variable: Any) -> Array:
    return np.array(keras.ops.convert_to_numpy(variable))


def snapshot(model: Any) -> list[Array]:
    return [to_numpy(v) for v in variables(model)]


def restore(model: Any, values: list[Array]) -> None:
    for variable, value in zip(variables(model), values, strict=True):
        variable.assign(value)


def parameters(model: Any) -> dict[str, Any]:
    """W1, B1, … by name, as variables; a layer without a bias has none."""
    dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
    return {
        of_layer(kind, number): variable
        for number, layer in enumerate(dense, 1)
        for kind, variable in (("W", layer.kernel), ("B", layer.bias))
        if variable is not None
    }


def moments(model: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    """What the optimizer remembers of each parameter, by name; nothing for plain gradient descent."""
    optimizer = model.optimizer
    kind = by_class().get(type(optimizer))
    lists = {letter: getattr(optimizer, name, None) for letter, name in (readers()[kind].KEPT if kind else {}).items()}
    places = {P: optimizer._get_variable_index(variable) for P, variable in parameters.items()}
    return {kept(letter, P): held[at] for P, at in places.items() for letter, held in lists.items() if held}
