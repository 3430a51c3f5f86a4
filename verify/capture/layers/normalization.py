"""Keras's Normalization, whose mean and variance were given or found by `adapt`."""

from typing import Any

import keras

from reference.layers.normalization import Normalization
from verify.capture.normalizing import axes_of_example
from verify.capture.reader import Reader, Reading


class NormalizationReader(Reader):
    """Reads a Normalization layer."""

    types = (keras.layers.Normalization,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note axes that are not supported."""
        axes = axes_of_example(layer, layer._keep_axis, reading) if layer._keep_axis else ()
        if axes is not None:
            reading.add(layer, Normalization(axes, float(keras.config.epsilon()), bool(layer.invert)))

    def variables(self, layer: Any) -> list[Any]:
        """Return the mean and the variance: the layer's weights, or variables that hold what the layer was given."""
        if layer.input_mean is None:
            return [layer.adapt_mean, layer.adapt_variance]
        held = (keras.ops.reshape(x, layer._mean_and_var_shape) for x in (layer.mean, layer.variance))
        return [keras.Variable(x, trainable=False, dtype=layer.compute_dtype) for x in held]


READER = NormalizationReader()
