"""Handwritten digits: the embedded ones, MNIST, or the user's; images [n, 28, 28] with labels 0-9."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from verify.errors import Unusable
from verify.settings import Settings
from verify.trace import read_npz

SIDE = 28
DIGITS_FOR_TRAINING = 1437  # of scikit-learn's 1797; the last 360 are the test split
NAMES = {"train": "train", "test": "t10k"}


@dataclass(frozen=True)
class Samples:
    """Pixels [n, 784] as they were given (whole numbers 0-255, or fractions 0-1), and their labels [n]."""

    pixels: NDArray[Any]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def images(self) -> NDArray[np.float64]:
        """All of them with values 0-1, as float64."""
        return _scaled(self.pixels)

    def rows(self, which: NDArray[np.int64], dtype: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """X [N, 784] with values 0-1 and one-hot y [N, 10] of the images at these places."""
        return _scaled(self.pixels[which]).astype(dtype), np.eye(10, dtype=dtype)[self.labels[which]]

    def digest(self) -> str:
        """Hexadecimal SHA-256 of all pixels and labels: says whether two sets are the same."""
        found = hashlib.sha256()
        for array in (self.pixels, self.labels):
            found.update(f"{array.dtype.str}{array.shape}".encode())
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()

    def batch(self, settings: Settings, step: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """X [N, 784] and one-hot y [N, 10] of a step (from 1): the next N samples, going round at the end."""
        first = settings.index + (step - 1) * settings.batch
        return self.rows(np.arange(first, first + settings.batch) % len(self.labels), settings.dtype)


def _scaled(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """Values 0-1 as float64; whole numbers are of 255."""
    return pixels.astype(np.float64) / (1 if pixels.dtype.kind == "f" else 255)


def load(data: str, split: str) -> Samples:
    """The samples of `--data`.  Raises Unusable, naming the option or the file, if they cannot be had."""
    if data == "digits":
        return _embedded(split)
    if data == "mnist":
        return _mnist(split)
    if not data.isprintable():
        raise Unusable(f"--data {ascii(data)}: a path of plain text is needed; rename it")
    if os.path.isdir(data):
        return _idx_folder(Path(data), split)
    if os.path.isfile(data):
        return _npz(Path(data), split)
    raise Unusable(f"--data {data}: no such folder or .npz file (or say digits or mnist)")


def choose(samples: Samples, digit: int | None, index: int | None, batch: int) -> int:
    """The first sample's index, from --index or the first with label --digit.  Raises Unusable."""
    count = len(samples.labels)
    if batch > count:
        raise Unusable(f"--batch {batch}: the data hold only {count} samples")
    if index is not None:
        if not 0 <= index < count:
            raise Unusable(f"--index {index}: the data hold samples 0 to {count - 1}")
        return index
    found = np.flatnonzero(samples.labels == digit)
    if not found.size:
        raise Unusable(f"--digit {digit}: no sample in the data has this label")
    return int(found[0])


def with_empty_sheet(samples: Samples, index: int) -> Samples:
    """Two samples for every batch of two from `index` on: that one, and a sheet nobody wrote on, labelled like it."""
    images = np.stack([samples.pixels[index], np.zeros_like(samples.pixels[index])])
    return Samples(np.roll(images, index % 2, axis=0), samples.labels[[index, index]])


def _embedded(split: str) -> Samples:
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
    part = slice(None, DIGITS_FOR_TRAINING) if split == "train" else slice(DIGITS_FOR_TRAINING, None)
    small = table[part, :64].reshape(-1, 8, 8) / 16
    large = np.zeros((len(small), SIDE, SIDE))
    large[:, 2:26, 2:26] = small.repeat(3, axis=1).repeat(3, axis=2)
    return Samples(large.reshape(-1, SIDE * SIDE), table[part, 64].astype(np.int64))


def _mnist(split: str) -> Samples:
    from verify import capture

    try:
        train, test = capture.keras_mnist()
    except Exception as error:  # whatever the loader meets on its way to the network
        text = "--data mnist: Keras has no copy in its cache and cannot download one; name a folder with --data PATH"
        raise Unusable(text) from error
    images, labels = train if split == "train" else test
    return _samples(images, labels, "--data mnist")


def _npz(path: Path, split: str) -> Samples:
    arrays = read_npz(str(path))
    for name in (f"x_{split}", f"y_{split}"):
        if name not in arrays:
            raise Unusable(f"--data {path}: it has no array {name}; x_train, y_train, x_test, y_test are needed")
    return _samples(arrays[f"x_{split}"], arrays[f"y_{split}"], f"--data {path}")


def _samples(images: NDArray[Any], labels: NDArray[Any], source: str) -> Samples:
    """Check, flatten and scale to 0-1.  Whole numbers are taken as 0-255."""
    if images.ndim not in (2, 3) or images.size != len(images) * SIDE * SIDE or not len(images):
        raise Unusable(f"{source}: images of shape {list(images.shape)}, where [n, 28, 28] is needed")
    if labels.shape != (len(images),) or labels.dtype.kind not in "iu":
        raise Unusable(f"{source}: {len(images)} images need as many whole-number labels, not {list(labels.shape)}")
    if labels.min() < 0 or labels.max() > 9:
        raise Unusable(f"{source}: labels must be 0 to 9; they run from {labels.min()} to {labels.max()}")
    if images.dtype.kind not in "iuf":
        raise Unusable(f"{source}: pixels of type {images.dtype}, where numbers are needed")
    pixels, most = images.reshape(len(images), -1), 1 if images.dtype.kind == "f" else 255
    if not np.isfinite(pixels).all() or pixels.min() < 0 or pixels.max() > most:
        raise Unusable(f"{source}: pixels must be whole numbers 0-255 or fractions 0-1")
    return Samples(pixels, labels.astype(np.int64))


def _idx_folder(folder: Path, split: str) -> Samples:
    images = _idx(_find(folder, f"{NAMES[split]}-images", "idx3-ubyte"), 3)
    labels = _idx(_find(folder, f"{NAMES[split]}-labels", "idx1-ubyte"), 1)
    return _samples(images, labels, f"--data {folder}")


def _find(folder: Path, name: str, kind: str) -> Path:
    for candidate in (f"{name}-{kind}", f"{name}.{kind}", f"{name}-{kind}.gz", f"{name}.{kind}.gz"):
        if (folder / candidate).is_file():
            return folder / candidate
    raise Unusable(f"--data {folder}: it has no file {name}-{kind} (or {name}-{kind}.gz)")


def _idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """An IDX file of unsigned bytes, plain or .gz.  Reads no more than the header promises, and one byte."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as file:
            return _idx_body(file, path, dimensions)
    except (OSError, EOFError, zlib.error) as error:
        raise Unusable(f"{path}: truncated or damaged; it cannot be read to its end") from error


def _idx_body(file: BinaryIO | gzip.GzipFile, path: Path, dimensions: int) -> NDArray[np.uint8]:
    header = file.read(4 + 4 * dimensions)
    if len(header) < 4 + 4 * dimensions:
        raise Unusable(f"{path}: too short for an IDX header")
    magic, *shape = np.frombuffer(header, dtype=">u4").tolist()
    if magic != 0x800 + dimensions:
        raise Unusable(f"{path}: magic number {magic:#010x}, where {0x800 + dimensions:#010x} is needed")
    if shape[1:] not in ([], [SIDE, SIDE]) or not 0 < shape[0] <= 10_000_000:
        raise Unusable(f"{path}: its header promises an array {shape}, where [n, 28, 28] or [n] is needed")
    count = int(np.prod(shape))
    body = file.read(count + 1)
    if len(body) != count:
        more = "more" if len(body) > count else f"only {len(body)}"
        raise Unusable(f"{path}: its header promises {count} bytes and there are {more}")
    return np.frombuffer(body, dtype=np.uint8).reshape(shape)
