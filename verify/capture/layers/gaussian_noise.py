"""Keras's GaussianNoise. With a standard deviation of 0 it does nothing."""

import keras

from reference.layers.gaussian_noise import GaussianNoise
from verify.capture.noise import NoiseReader


class GaussianNoiseReader(NoiseReader):
    """Reads a GaussianNoise layer and its noise."""

    types = (keras.layers.GaussianNoise,)
    part = GaussianNoise
    size = "stddev"
    adds = True


READER = GaussianNoiseReader()
