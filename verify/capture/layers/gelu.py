"""Keras's gelu with the error function, which is its default."""

import keras

from reference.layers.gelu import GELU
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.gelu, GELU)
