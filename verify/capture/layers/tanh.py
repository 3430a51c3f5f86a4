"""Keras's hyperbolic tangent."""

import keras

from reference.layers.tanh import Tanh
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.tanh, Tanh, fused=True, operation="keras.src.ops.numpy.Tanh")
