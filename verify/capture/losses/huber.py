"""Keras's Huber."""

import keras

KERAS = keras.losses.Huber
