"""Keras's CosineSimilarity."""

import keras

KERAS = keras.losses.CosineSimilarity
