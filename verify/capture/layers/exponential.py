"""Keras's exponential activation."""

import keras

from reference.layers.exponential import Exponential
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.exponential, Exponential, operation="keras.src.ops.numpy.Exp")
