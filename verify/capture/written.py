"""Bring a captured step's tensors into the shapes that the essay writes."""

import numpy as np

from reference.losses import losses_named
from reference.network import Network
from reference.schedules import OwnRate
from verify.capture.batch import Batch
from verify.capture.reader import Tensors
from verify.errors import Unusable
from verify.records.arrays import as_row, label_rows
from verify.records.settings import OPTIMIZERS, Settings
from verify.records.trace import Array


def named(
    tensors: Tensors, batch: Batch, settings: Settings, network: Network, channels_first: bool = False
) -> dict[str, Array]:
    """Return a captured step's tensors, inputs and labels among them, as arrays in the shapes that the essay writes.

    With `channels_first`, the numbers of an image are put in the order in which the model's Flatten puts them.
    Raises Unusable if a learning rate of the person's own is not finite.
    """
    _check_own_rate(tensors, settings)
    dtype, losses = settings.dtype, losses_named(settings.loss)
    inputs = {name: X.astype(dtype) for name, X in zip(network.inputs, batch.x, strict=True)}
    every = zip(network.labels, batch.y, losses, network.outputs, strict=True)
    labels = {name: label_rows(y, place.outputs[-1], dtype, loss.takes_classes) for name, y, loss, (_, place) in every}
    weights = {
        name: s.astype(dtype).reshape(*y.shape[:-1], 1)
        for name, y, s in zip(network.weights, labels.values(), batch.s, strict=False)
    }
    arrays = inputs | labels | weights | {name: _as_float(np.asarray(t), dtype) for name, t in tensors.items()}
    return {name: _as_written(name, array, network, channels_first) for name, array in arrays.items()}


def _check_own_rate(tensors: Tensors, settings: Settings) -> None:
    """Raise Unusable if code of the person's own gives a learning rate that is NaN or infinite."""
    rate = OPTIMIZERS[settings.optimizer].learning_rate if settings.training else None
    if isinstance(rate, OwnRate) and not np.isfinite(tensors["alpha"]):
        given = float(np.asarray(tensors["alpha"]))
        raise Unusable(f"learning rate: {rate.of} gives {given}, and a step needs a finite number")


def _as_float(array: Array, dtype: str) -> Array:
    """Return whole numbers that were moved for an Embedding as the trace holds them; other arrays as they are."""
    return array.astype(dtype) if array.dtype.kind in "iu" else array


def _as_written(name: str, array: Array, network: Network, channels_first: bool) -> Array:
    """Return an array in the shape that the essay writes: a bias as [1, n], and an image as a row if X has rows."""
    if array.ndim < 3 or len(network.tensor_shape(name, len(array))) != 2:
        return as_row(array)
    return (np.moveaxis(array, 1, -1) if channels_first else array).reshape(len(array), -1)
