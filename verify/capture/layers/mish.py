"""Keras's mish."""

import keras

from reference.layers.mish import Mish
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.mish, Mish)
