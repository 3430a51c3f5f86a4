"""Keras's Input, which computes nothing. The shape of an example is read from the model's symbolic input."""

import keras

from verify.capture.reader import Reader


class InputReader(Reader):
    """Reads an InputLayer, which adds no part."""

    types = (keras.layers.InputLayer,)


READER = InputReader()
