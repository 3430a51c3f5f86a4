"""Keras's CategoricalFocalCrossentropy."""

import keras

KERAS = keras.losses.CategoricalFocalCrossentropy
