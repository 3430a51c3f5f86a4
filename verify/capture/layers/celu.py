"""Keras's CELU. Its function has α = 1 if a layer calls it."""

import keras

from reference.layers.celu import CELU
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.celu, CELU, "keras.src.ops.nn.Celu")
