"""Keras's Input: nothing is computed. How many numbers an example has is read from the first Dense."""

from __future__ import annotations

import keras

from verify.capture.reader import Reader


class InputReader(Reader):
    types = (keras.layers.InputLayer,)


READER = InputReader()
