"""Keras's sparse plus."""

import keras

from reference.layers.sparse_plus import SparsePlus
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.sparse_plus, SparsePlus, "keras.src.ops.nn.SparsePlus")
