"""Keras's hard SiLU, which Keras also calls hard swish."""

import keras

from reference.layers.hard_silu import HardSiLU
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.hard_silu, HardSiLU, "keras.src.ops.nn.HardSilu")
