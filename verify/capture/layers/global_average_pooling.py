"""Keras's GlobalAveragePooling1D, GlobalAveragePooling2D and GlobalAveragePooling3D."""

import keras

from reference.layers.global_average_pooling import GlobalAveragePooling
from verify.capture.pooling import GlobalPoolingReader

READER = GlobalPoolingReader(
    GlobalAveragePooling,
    keras.layers.GlobalAveragePooling1D,
    keras.layers.GlobalAveragePooling2D,
    keras.layers.GlobalAveragePooling3D,
)
