"""Keras's sparse sigmoid."""

import keras

from reference.layers.sparse_sigmoid import SparseSigmoid
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.sparse_sigmoid, SparseSigmoid, "keras.src.ops.nn.SparseSigmoid")
