"""Keras's Hinge."""

import keras

KERAS = keras.losses.Hinge
