"""Keras's CategoricalHinge."""

import keras

KERAS = keras.losses.CategoricalHinge
