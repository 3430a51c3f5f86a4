"""Keras's soft shrink."""

import keras

from reference.layers.soft_shrink import SoftShrink
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.soft_shrink, SoftShrink)
