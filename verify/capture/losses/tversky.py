"""Keras's Tversky."""

import keras

KERAS = keras.losses.Tversky
