"""Keras's AveragePooling1D and AveragePooling2D."""

import keras

from reference.layers.average_pooling import AveragePooling
from verify.capture.pooling import PoolingReader

READER = PoolingReader(AveragePooling, keras.layers.AveragePooling1D, keras.layers.AveragePooling2D)
