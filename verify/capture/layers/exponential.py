"""Keras's exponential activation."""

import keras

from reference.layers.exponential import Exponential
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.exponential, Exponential, "keras.src.ops.numpy.Exp")
