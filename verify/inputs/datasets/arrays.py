"""Load the arrays of a file: an .npz archive, scikit-learn's digits, or MNIST in Keras's cache."""

import importlib.util
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from verify.errors import Unusable
from verify.inputs.datasets import common
from verify.records.npz import read_npz
from verify.records.samples import Samples
from verify.records.trace import Array

SPLITS = ("train", "test")
FOR_TRAINING = 1437  # of the 1797 digits of scikit-learn; the last 360 are the test split


def read(path: Path, split: str) -> Samples:
    """Return the samples of a split of an .npz archive, without unpickling.  Raises Unusable, naming the file."""
    source = f"--data {path}"
    size = 0
    with suppress(OSError, zipfile.BadZipFile, ValueError, NotImplementedError), zipfile.ZipFile(path) as archive:
        size = sum(info.file_size for info in archive.infolist())
    if size > common.MOST_BYTES:
        raise Unusable(f"{source}: unpacked it has {size:,} bytes, and By Hand takes {common.MOST_BYTES:,}")
    arrays = read_npz(str(path))  # reports a damaged archive
    for name in (f"x_{split}", f"y_{split}"):
        if name not in arrays:
            raise Unusable(f"{source}: it has no array {name}; x_train, y_train, x_test, y_test are needed")
    return _of_arrays(arrays, split, source)


def digits(split: str) -> Samples:
    """Return one split of scikit-learn's digits, enlarged from 8x8 to 28x28.

    Each pixel becomes three pixels wide and high, and a margin of two pixels is added. The file of scikit-learn is read
    directly, because importing the library takes three seconds.  Raises Unusable.
    """
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise Unusable("--data digits: scikit-learn is not installed; install it, or name --data PATH")
    path = Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz"
    try:
        table = np.loadtxt(path, delimiter=",")
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise Unusable(f"--data digits: {path} cannot be read; reinstall scikit-learn") from error
    table = table[:FOR_TRAINING] if split == "train" else table[FOR_TRAINING:]
    small = table[:, :64].reshape(-1, 8, 8) / 16
    large = np.pad(small.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2)))
    return Samples(large.reshape(len(large), -1), table[:, 64].astype(np.int64))


def mnist(split: str) -> Samples:
    """Return one split of MNIST, from Keras's cache or by download.  Raises Unusable."""
    from verify.capture.mnist import keras_mnist

    try:
        (x_train, y_train), (x_test, y_test) = keras_mnist()
    except Exception as error:  # a download can fail with any exception
        raise Unusable(
            "--data mnist: Keras has no copy in its cache and cannot download one; name a folder with --data PATH"
        ) from error
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    return _of_arrays(arrays, split, "--data mnist")


def _of_arrays(arrays: Mapping[str, Array], split: str, source: str) -> Samples:
    """Return the samples of a split, given x and y of this split or of both.  Raises Unusable, naming the source."""
    texts = {other: _texts(arrays[f"y_{other}"], source) for other in SPLITS if f"y_{other}" in arrays}
    classes = common.class_names([text for labels in texts.values() for text in np.unique(labels).tolist()], source)
    return common.to_samples(arrays[f"x_{split}"], common.class_indices(texts[split], classes), classes, source)


def _texts(labels: Array, source: str) -> list[str]:
    """Return labels, which are names or whole numbers, as text.  Raises Unusable, naming the source."""
    if labels.dtype.kind != "U" or labels.ndim != 1:
        labels = common.whole_numbers(labels, source)
    return [str(label) for label in labels]
