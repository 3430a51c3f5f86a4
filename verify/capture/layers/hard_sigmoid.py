"""Keras's hard sigmoid."""

import keras

from reference.layers.hard_sigmoid import HardSigmoid
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.hard_sigmoid, HardSigmoid, "keras.src.ops.nn.HardSigmoid")
