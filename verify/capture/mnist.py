"""MNIST by Keras's loader."""

from __future__ import annotations

from typing import Any

import keras


def keras_mnist() -> Any:
    """MNIST by Keras's loader: its cache, else its download."""
    return keras.datasets.mnist.load_data()
