"""Keras's sigmoid."""

import keras

from reference.layers.sigmoid import Sigmoid
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.sigmoid, Sigmoid, "keras.src.ops.nn.Sigmoid", fused=True)
