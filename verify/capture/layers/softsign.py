"""Keras's softsign."""

import keras

from reference.layers.softsign import Softsign
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.softsign, Softsign, "keras.src.ops.nn.Softsign")
