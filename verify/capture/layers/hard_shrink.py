"""Keras's hard shrink."""

import keras

from reference.layers.hard_shrink import HardShrink
from verify.capture.with_numbers import WithNumbersReader

READER = WithNumbersReader(keras.activations.hard_shrink, HardShrink, "keras.src.ops.nn.HardShrink")
