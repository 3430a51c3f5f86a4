"""Keras's MeanSquaredLogarithmicError."""

import keras

KERAS = keras.losses.MeanSquaredLogarithmicError
