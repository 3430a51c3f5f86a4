"""Keras's soft shrink."""

import keras

from reference.layers.soft_shrink import SoftShrink
from verify.capture.with_numbers import WithNumbersReader

READER = WithNumbersReader(keras.activations.soft_shrink, SoftShrink, "keras.src.ops.nn.SoftShrink")
