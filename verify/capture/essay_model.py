"""Build the essay's network in Keras from a seed, and find its variables by the essay's names."""

import random
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from reference.network import Network
from reference.tensor_names import kept
from verify.capture.optimizers import by_class, readers
from verify.records.settings import OPTIMIZERS, Settings
from verify.records.trace import Array

AROUND = {"average": "_model_variables_moving_average", "accumulated": "_accumulated_gradients"}


def build(settings: Settings, network: Network) -> Any:
    """Return the essay's model, compiled, with weights drawn from the seed and the optimizer's variables built."""
    begin_anew(settings.dtype, settings.seed)
    model = keras.Sequential([keras.Input((network.sizes[0],)), *dense_layers(network, settings.seed)])
    description = OPTIMIZERS[settings.optimizer]
    optimizer = readers()[description.name].made(description)
    model.compile(optimizer=optimizer, loss=settings.loss, jit_compile=settings.jit)
    model.optimizer.build(model.trainable_variables)
    return model


def begin_anew(dtype: str, seed: int) -> None:
    """Forget all models, and make Keras compute in this dtype and draw from this seed."""
    keras.backend.clear_session()
    use_precision(dtype)
    keras.utils.set_random_seed(seed)


def use_precision(dtype: str) -> None:
    """Make Keras compute in this dtype."""
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)


def dense_layers(network: Network, seed: int) -> list[Any]:
    """Return the Dense layers that Keras would make after `random.seed(seed)`: each layer draws a seed for its weights.

    The seeds come from a separate generator. Python's global generator is shared by all threads: if another thread
    drew from it meanwhile, as Dask's threads do, the following layers would get other weights.
    """
    generator = random.Random(seed)
    seeds = [generator.randint(1, int(1e9)) for _ in network.activations]  # as in Keras's make_default_seed
    layers = zip(network.sizes[1:], network.activations, seeds, strict=True)
    return [keras.layers.Dense(n, f, kernel_initializer=keras.initializers.GlorotUniform(s)) for n, f, s in layers]


def variables(model: Any) -> list[Any]:
    """Return all variables of the model and its optimizer, in Keras's order."""
    return [*model.variables, *model.optimizer.variables]


def to_numpy(variable: Any) -> Array:
    """Return a copy of a variable's value as an array."""
    return np.array(tf.convert_to_tensor(getattr(variable, "value", variable)).numpy())


def snapshot(model: Any) -> list[Array]:
    """Return copies of the values of all variables, for `restore`."""
    return [to_numpy(v) for v in variables(model)]


def restore(model: Any, values: list[Array]) -> None:
    """Set all variables to the values of a `snapshot`."""
    for variable, value in zip(variables(model), values, strict=True):
        variable.assign(value)


def steps_taken(optimizer: Any) -> int:
    """Return the number of steps that an optimizer has taken; each that only accumulates a gradient counts too."""
    return int(to_numpy(optimizer._iterations))


def numbers(optimizer: Any) -> dict[str, Any]:
    """Return the variables of the single numbers that an optimizer keeps for the whole network, by name."""
    kind = by_class().get(type(optimizer))
    attributes = getattr(readers()[kind], "NUMBERS", {}) if kind else {}
    return {name: getattr(optimizer, attribute) for name, attribute in attributes.items()}


def moments(model: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the optimizer keeps of each learned parameter, by name (m_W1, …), and the numbers of the network.

    Plain gradient descent has none.
    """
    optimizer = model.optimizer
    kind = by_class().get(type(optimizer))
    kept_by_kind = readers()[kind].KEPT if kind else {}
    lists = {letter: getattr(optimizer, name, None) for letter, name in (kept_by_kind | AROUND).items()}
    learned = {P: variable for P, variable in parameters.items() if variable.trainable}
    indices = {P: optimizer._get_variable_index(variable) for P, variable in learned.items()}
    every = ((P, letter, moment[i]) for P, i in indices.items() for letter, moment in lists.items() if moment)
    keeps = getattr(readers()[kind], "keeps", None) if kind else None
    found = {
        kept(letter, P): variable
        for P, letter, variable in every
        if variable is not None and (keeps is None or letter in AROUND or letter in keeps(parameters[P]))
    }
    return found | numbers(optimizer)
