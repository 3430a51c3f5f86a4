"""Keras's AlphaDropout. With a rate of 0 it does nothing."""

import keras

from reference.layers.alpha_dropout import AlphaDropout
from verify.capture.layers.dropout import DropoutReader


class AlphaDropoutReader(DropoutReader):
    """Reads an AlphaDropout layer and its mask. The slope is above 0 where a number is kept, as that of a Dropout."""

    types = (keras.layers.AlphaDropout,)
    part = AlphaDropout


READER = AlphaDropoutReader()
