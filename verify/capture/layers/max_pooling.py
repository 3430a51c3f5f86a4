"""Keras's MaxPooling1D and MaxPooling2D."""

import keras

from reference.layers.max_pooling import MaxPooling
from verify.capture.pooling import PoolingReader

READER = PoolingReader(MaxPooling, keras.layers.MaxPooling1D, keras.layers.MaxPooling2D)
