"""Keras's MeanAbsolutePercentageError."""

import keras

KERAS = keras.losses.MeanAbsolutePercentageError
