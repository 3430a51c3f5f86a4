"""Keras's sparsemax."""

import keras

from reference.layers.sparsemax import Sparsemax
from verify.capture.along_axis import AlongAxisReader

READER = AlongAxisReader(keras.activations.sparsemax, Sparsemax, "keras.src.ops.nn.Sparsemax")
