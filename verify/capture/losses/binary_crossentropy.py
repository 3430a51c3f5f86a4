"""Keras's BinaryCrossentropy."""

import keras

KERAS = keras.losses.BinaryCrossentropy
