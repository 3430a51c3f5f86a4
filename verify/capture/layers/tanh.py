"""Keras's hyperbolic tangent."""

import keras

from reference.layers.tanh import Tanh
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.tanh, Tanh, "keras.src.ops.numpy.Tanh", fused=True)
