"""Load MNIST with Keras's loader."""

from typing import Any

import keras


def keras_mnist() -> Any:
    """Return MNIST as Keras loads it: from its cache, or else by download."""
    return keras.datasets.mnist.load_data()
