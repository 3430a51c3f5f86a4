"""Keras's hard tanh."""

import keras

from reference.layers.hard_tanh import HardTanh
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.hard_tanh, HardTanh, "keras.src.ops.nn.HardTanh")
