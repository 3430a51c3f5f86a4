"""Keras's softmax, as a separate layer or in a Dense."""

import keras

from reference.layers.softmax import Softmax
from verify.capture.along_axis import AlongAxisReader

READER = AlongAxisReader(keras.activations.softmax, Softmax, "keras.src.ops.nn.Softmax")
READER.types = (keras.layers.Softmax,)
