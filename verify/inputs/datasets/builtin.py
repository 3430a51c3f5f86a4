"""The digits that need no file: scikit-learn's, and MNIST by Keras's loader."""

from __future__ import annotations

import gzip
import importlib.util
import zlib
from pathlib import Path

import numpy as np

from verify.errors import Unusable
from verify.inputs.datasets.npz import of_arrays
from verify.records.samples import Samples

SIDE = 28
FOR_TRAINING = 1437  # of scikit-learn's 1797; the last 360 are the test split


def digits(split: str) -> Samples:
    """scikit-learn's digits, each 8x8 pixel three wide in a margin of two, as 28x28.

    The file is read where scikit-learn keeps it: importing the library for it takes a second.
    """
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise Unusable("--data digits: scikit-learn is not installed; install it, or name --data PATH")
    path = Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz"
    try:
        with gzip.open(path, "rt") as file:
            table = np.loadtxt(file, delimiter=",")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise Unusable(f"--data digits: {path} cannot be read; reinstall scikit-learn") from error
    part = slice(None, FOR_TRAINING) if split == "train" else slice(FOR_TRAINING, None)
    small = table[part, :64].reshape(-1, 8, 8) / 16
    large = np.zeros((len(small), SIDE, SIDE))
    large[:, 2:26, 2:26] = small.repeat(3, axis=1).repeat(3, axis=2)
    return Samples(large.reshape(-1, SIDE * SIDE), table[part, 64].astype(np.int64))


def mnist(split: str) -> Samples:
    """MNIST from Keras's cache, else its download."""
    from verify.capture.mnist import keras_mnist

    try:
        (x_train, y_train), (x_test, y_test) = keras_mnist()
    except Exception as error:  # whatever the loader meets on its way to the network
        text = "--data mnist: Keras has no copy in its cache and cannot download one; name a folder with --data PATH"
        raise Unusable(text) from error
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    return of_arrays(arrays, split, "--data mnist")
