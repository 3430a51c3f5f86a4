"""Keras's linear activation."""

from __future__ import annotations

import keras

from reference.layers.linear import Linear
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.linear, Linear)
