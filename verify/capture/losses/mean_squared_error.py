"""Keras's MeanSquaredError."""

import keras

KERAS = keras.losses.MeanSquaredError
