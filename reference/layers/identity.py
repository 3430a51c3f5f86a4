"""Identity: a layer that does nothing."""

from dataclasses import dataclass

from reference.layers.layer import Layer


@dataclass(frozen=True)
class Identity(Layer):
    """Hand on what it reads.  Keras: Identity"""

    kind = "identity"
