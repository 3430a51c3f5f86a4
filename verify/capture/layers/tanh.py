"""Keras's hyperbolic tangent."""

from __future__ import annotations

import keras

from reference.layers.tanh import Tanh
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.tanh, Tanh, fused=True)
