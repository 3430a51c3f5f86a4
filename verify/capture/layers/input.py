"""Keras's Input, which computes nothing. The number of inputs is read from the first Dense."""

import keras

from verify.capture.reader import Reader


class InputReader(Reader):
    """Reads an InputLayer, which adds no part."""

    types = (keras.layers.InputLayer,)


READER = InputReader()
