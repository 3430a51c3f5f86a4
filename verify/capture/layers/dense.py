"""Keras's Dense, with its own activation."""

from typing import Any

import keras

from reference.layers.dense import Dense
from verify.capture.reader import Reading, WeightsReader


class DenseReader(WeightsReader):
    """Reads a Dense layer and its activation."""

    types = (keras.layers.Dense,)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer; note what is not supported."""
        self.check(layer, reading)
        dense = Dense(int(layer.kernel.shape[-1]), bool(layer.use_bias), not layer.trainable)
        reading.add_weights(layer, dense, linear=True)


READER = DenseReader()
