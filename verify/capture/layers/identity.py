"""Keras's Identity, and ActivityRegularization, which also hands on what it reads."""

from typing import Any

import keras

from reference.layers.identity import Identity
from verify.capture.reader import Reader, Reading


class IdentityReader(Reader):
    """Reads an Identity layer."""

    types = (keras.layers.Identity, keras.layers.ActivityRegularization)

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer, which computes nothing."""
        reading.add(layer, Identity())


READER = IdentityReader()
