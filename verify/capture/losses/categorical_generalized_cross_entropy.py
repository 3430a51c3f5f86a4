"""Keras's CategoricalGeneralizedCrossEntropy."""

import keras

KERAS = keras.losses.CategoricalGeneralizedCrossEntropy
