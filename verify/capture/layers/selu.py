"""Keras's SELU."""

import keras

from reference.layers.selu import SELU
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.selu, SELU, "keras.src.ops.nn.Selu")
