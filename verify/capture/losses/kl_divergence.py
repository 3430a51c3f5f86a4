"""Keras's KLDivergence."""

import keras

KERAS = keras.losses.KLDivergence
