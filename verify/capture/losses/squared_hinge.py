"""Keras's SquaredHinge."""

import keras

KERAS = keras.losses.SquaredHinge
