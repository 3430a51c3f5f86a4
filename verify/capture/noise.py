"""The base class of the readers of noise layers, and how their noise is captured."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from reference.layers.noise import Noise, noise_of
from verify.capture.reader import Reader, Reading, Tensors


class NoiseReader(Reader):
    """Reads a layer that adds noise, or multiplies by it.

    `part` is the kind of layer that is read, and `size` the attribute of Keras's layer with its only option. With 0 the
    layer does nothing. `adds`: it adds the noise; otherwise it multiplies by it.
    """

    part: Callable[[float], Noise]
    size: str
    adds: bool

    def read(self, layer: Any, reading: Reading) -> None:
        """Add the layer, or no part if it does nothing."""
        size = float(getattr(layer, self.size))
        reading.add(layer, *([self.part(size)] if size else []))

    def run(self, layer: Any, gives: tuple[str, ...], A: Any, found: Tensors, training: bool) -> Any:
        """Call the layer on zeros or ones, which gives the noise itself; apply the noise to A, and store both.

        So the layer draws once, as in Keras's own step. A call on A itself would not show the noise: it cannot be
        computed from a rounded sum.
        """
        if not training or not gives:
            return layer(A, training=training)
        noise = layer(tf.zeros_like(A) if self.adds else tf.ones_like(A), training=True)
        found |= {noise_of(gives[0]): noise, gives[0]: A + noise if self.adds else A * noise}
        return found[gives[0]]
