"""Keras's softmax."""

import keras

from reference.layers.softmax import Softmax
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.softmax, Softmax)
