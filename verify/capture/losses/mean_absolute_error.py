"""Keras's MeanAbsoluteError."""

import keras

KERAS = keras.losses.MeanAbsoluteError
