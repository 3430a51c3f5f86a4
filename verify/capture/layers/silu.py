"""Keras's SiLU, which Keras also calls swish."""

import keras

from reference.layers.silu import SiLU
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.silu, SiLU, "keras.src.ops.nn.Silu")
