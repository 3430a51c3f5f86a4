"""Flatten: an image as one row. X consists of rows from the start, so there is nothing to compute."""

from dataclasses import dataclass

from reference.layers.layer import Layer


@dataclass(frozen=True)
class Flatten(Layer):
    """Hand on the rows [N, n] that it reads.  Keras: Flatten"""

    kind = "flatten"
