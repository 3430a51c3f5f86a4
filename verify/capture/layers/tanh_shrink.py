"""Keras's tanh shrink."""

import keras

from reference.layers.tanh_shrink import TanhShrink
from verify.capture.reader import ActivationReader

READER = ActivationReader(keras.activations.tanh_shrink, TanhShrink, "keras.src.ops.nn.TanhShrink")
