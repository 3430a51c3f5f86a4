"""Keras's threshold."""

import keras

from reference.layers.threshold import Threshold
from verify.capture.with_numbers import WithNumbersReader

READER = WithNumbersReader(keras.activations.threshold, Threshold, "keras.src.ops.nn.Threshold")
