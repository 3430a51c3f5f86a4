"""Keras's hard shrink."""

import keras

from reference.layers.hard_shrink import HardShrink
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.hard_shrink, HardShrink)
