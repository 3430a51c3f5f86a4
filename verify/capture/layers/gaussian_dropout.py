"""Keras's GaussianDropout. With a rate of 0 it does nothing."""

import keras

from reference.layers.gaussian_dropout import GaussianDropout
from verify.capture.noise import NoiseReader


class GaussianDropoutReader(NoiseReader):
    """Reads a GaussianDropout layer and its noise."""

    types = (keras.layers.GaussianDropout,)
    part = GaussianDropout
    size = "rate"
    adds = False


READER = GaussianDropoutReader()
