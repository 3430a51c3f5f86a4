"""Keras's sigmoid."""

import keras

from reference.layers.sigmoid import Sigmoid
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.sigmoid, Sigmoid, fused=True, operation="keras.src.ops.nn.Sigmoid")
