"""Keras's softplus."""

import keras

from reference.layers.softplus import Softplus
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.softplus, Softplus, "keras.src.ops.nn.Softplus")
