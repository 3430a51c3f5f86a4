"""Keras's SparseCategoricalCrossentropy."""

import keras

KERAS = keras.losses.SparseCategoricalCrossentropy
