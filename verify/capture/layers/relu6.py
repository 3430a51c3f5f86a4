"""Keras's ReLU6."""

import keras

from reference.layers.relu6 import ReLU6
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.relu6, ReLU6, "keras.src.ops.nn.Relu6", fused=True)
