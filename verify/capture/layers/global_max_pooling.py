"""Keras's GlobalMaxPooling1D, GlobalMaxPooling2D and GlobalMaxPooling3D."""

import keras

from reference.layers.global_max_pooling import GlobalMaxPooling
from verify.capture.pooling import GlobalPoolingReader

READER = GlobalPoolingReader(
    GlobalMaxPooling, keras.layers.GlobalMaxPooling1D, keras.layers.GlobalMaxPooling2D, keras.layers.GlobalMaxPooling3D
)
