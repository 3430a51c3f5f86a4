"""Keras's BinaryFocalCrossentropy."""

import keras

KERAS = keras.losses.BinaryFocalCrossentropy
