"""Keras's glu."""

import keras

from reference.layers.glu import GLU
from verify.capture.along_axis import AlongAxisReader

READER = AlongAxisReader(keras.activations.glu, GLU, "keras.src.ops.nn.Glu")
