"""Keras's squareplus."""

import keras

from reference.layers.squareplus import Squareplus
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.squareplus, Squareplus, "keras.src.ops.nn.Squareplus")
