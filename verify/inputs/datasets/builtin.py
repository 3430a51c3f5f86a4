"""Load the digits that need no file of the user: those of scikit-learn, and MNIST from Keras's loader."""

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
FOR_TRAINING = 1437  # of the 1797 digits of scikit-learn; the last 360 are the test split


def digits(split: str) -> Samples:
    """Return one split of scikit-learn's digits, enlarged from 8x8 to 28x28.

    Each pixel becomes three pixels wide and high, and a margin of two pixels is added. The function reads the file of
    scikit-learn directly, because importing the library takes a second.  Raises Unusable.
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
    """Return one split of MNIST, from Keras's cache or by download.  Raises Unusable."""
    from verify.capture.mnist import keras_mnist

    try:
        (x_train, y_train), (x_test, y_test) = keras_mnist()
    except Exception as error:  # a download can fail with any exception
        text = "--data mnist: Keras has no copy in its cache and cannot download one; name a folder with --data PATH"
        raise Unusable(text) from error
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    return of_arrays(arrays, split, "--data mnist")
