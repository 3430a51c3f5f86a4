"""Keras's linear activation."""

import keras

from reference.layers.linear import Linear
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.linear, Linear)
