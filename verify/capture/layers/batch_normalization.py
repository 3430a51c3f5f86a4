"""Keras's BatchNormalization."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from reference.layers.batch_normalization import BatchNormalization
from reference.normalizing import MEAN, VARIANCE
from reference.tensor_names import of_layer, read
from verify.capture.normalizing import NormalizingReader
from verify.capture.reader import Reading, Tensors
from verify.errors import Unsupported


class BatchNormalizationReader(NormalizingReader):
    """Reads a BatchNormalization layer, and the mean and the variance that it computes of a batch."""

    types = (keras.layers.BatchNormalization,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note what is not supported: `renorm`, `synchronized`, the axis of the examples."""
        for option in ("renorm", "synchronized"):
            if getattr(layer, option, False):
                reading.problem(layer, f"{option}=True is not verified")
        axis = layer.axis if layer.axis < 0 else layer.axis - len(reading.shapes[0]) - 1
        if axis == -len(reading.shapes[0]) - 1:
            reading.problem(layer, f"axis={layer.axis}, the axis of the examples, is not verified")
            return
        options = float(layer.epsilon), float(layer.momentum), bool(layer.center), bool(layer.scale)
        reading.add(layer, BatchNormalization(axis, *options, not layer.trainable))

    def kept(self, layer: Any) -> list[Any]:
        """Return the moving mean and the moving variance."""
        return [layer.moving_mean, layer.moving_variance]

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Call the layer on A, store its output and the statistics that it computes, and return the output."""
        number = read(gives[0]).layer or 0
        with _listening(layer) as statistics:
            N = layer(A, training=training)
        for computed in statistics:
            found |= dict(zip((of_layer(MEAN, number), of_layer(VARIANCE, number)), computed, strict=True))
        found[gives[0]] = N
        return N


@contextmanager
def _listening(layer: Any) -> Iterator[list[tuple[Any, Any]]]:
    """Yield a list that gets every pair of mean and variance that the layer computes within the `with` block."""
    own, replaced, heard = layer._moments, vars(layer).get("_moments"), []

    def listen(inputs: Any, mask: Any = None) -> Any:
        if mask is not None:
            raise Unsupported([(f"layer {layer.name} ({type(layer).__name__})", "a mask is not verified")])
        statistics = own(inputs, mask)
        heard.append(statistics)
        return statistics

    vars(layer)["_moments"] = listen
    try:
        yield heard
    finally:
        if replaced is None:
            del vars(layer)["_moments"]
        else:
            vars(layer)["_moments"] = replaced


READER = BatchNormalizationReader()
