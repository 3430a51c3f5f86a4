"""Keras's Dice."""

import keras

KERAS = keras.losses.Dice
