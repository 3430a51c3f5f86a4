"""Keras's CategoricalCrossentropy."""

import keras

KERAS = keras.losses.CategoricalCrossentropy
