"""Keras's log_softmax."""

import keras

from reference.layers.log_softmax import LogSoftmax
from verify.capture.along_axis import AlongAxisReader

READER = AlongAxisReader(keras.activations.log_softmax, LogSoftmax, "keras.src.ops.nn.LogSoftmax")
