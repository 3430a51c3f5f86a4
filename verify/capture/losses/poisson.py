"""Keras's Poisson."""

import keras

KERAS = keras.losses.Poisson
