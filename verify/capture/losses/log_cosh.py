"""Keras's LogCosh."""

import keras

KERAS = keras.losses.LogCosh
