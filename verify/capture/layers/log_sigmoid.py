"""Keras's logarithm of the sigmoid."""

import keras

from reference.layers.log_sigmoid import LogSigmoid
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.log_sigmoid, LogSigmoid, "keras.src.ops.nn.LogSigmoid")
