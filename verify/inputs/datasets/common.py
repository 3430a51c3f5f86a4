"""Read files, pixels, labels, classes and splits for all formats of data."""

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from verify.errors import Unusable
from verify.records.samples import Samples
from verify.records.trace import Array
from verify.records.trace_file import LONGEST

MOST_CLASSES = 1000
MOST_BYTES = 4_000_000_000  # the most bytes of pixels in memory
WHOLE = re.compile("[0-9]{1,6}")
OpenFile = BufferedReader | gzip.GzipFile


def matching(folder: Path, pattern: str) -> list[Path]:
    """Return the files of a folder whose names match a pattern, perhaps with a prefix and with .gz; sorted."""
    name = re.compile(rf"(.*[-_.])?{pattern}(\.gz)?")
    return sorted(path for path in folder.iterdir() if name.fullmatch(path.name) and path.is_file())


def only_one(paths: list[Path], folder: Path, usual: str) -> Path:
    """Return the only path.  Raises Unusable, naming the folder and the usual name, if there is none or several."""
    if len(paths) != 1:
        several = "several files like" if paths else "no file"
        raise Unusable(f"--data {folder}: it has {several} {usual} (or {usual}.gz); one is needed")
    return paths[0]


@contextmanager
def opened(path: Path) -> Iterator[OpenFile]:
    """Open a file for reading.  Raises Unusable, also inside the `with` block, if its bytes cannot be read."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as file:
            yield file
    except (OSError, EOFError, zlib.error) as error:
        raise Unusable(f"{path}: truncated or damaged; it cannot be read to its end") from error


def to_samples(
    pixels: Array, labels: NDArray[np.int64], classes: tuple[str, ...], source: str, shape: tuple[int, ...] = ()
) -> Samples:
    """Check images [n, ...] and labels [n], and return them as Samples.  Raises Unusable, naming the source.

    Integers are taken as 0-255, floating-point numbers as fractions 0-1. `shape` is the shape of one image, if
    `pixels` is flat.
    """
    if pixels.ndim < 2 or not pixels.size:
        raise Unusable(f"{source}: images of shape {list(pixels.shape)}, where [n, height, width] or [n, p] is needed")
    if pixels.dtype.kind == "b":
        pixels = pixels.astype(np.float32)
    if pixels.dtype.kind not in "iuf":
        raise Unusable(f"{source}: pixels of type {pixels.dtype}, where numbers are needed")
    most = 1 if pixels.dtype.kind == "f" else 255
    if not np.isfinite(pixels).all() or pixels.min() < 0 or pixels.max() > most:
        raise Unusable(f"{source}: pixels must be whole numbers 0-255 or fractions 0-1")
    if len(labels) != len(pixels):
        raise Unusable(f"{source}: {len(pixels)} images and {len(labels)} labels; as many are needed")
    return Samples(pixels.reshape(len(pixels), -1), labels, shape or pixels.shape[1:], classes)


def class_names(labels: Sequence[str], source: str) -> tuple[str, ...]:
    """Return the names of the classes, given all labels of a source.  Raises Unusable, naming the source.

    If all labels are whole numbers, there is a class for each number from 0 to the largest label. As in Keras, such a
    label is the index of its output. Otherwise the classes are the labels, sorted.
    """
    names = set(labels)
    if len(names) < 2:
        only = f"every label is {next(iter(names))!a}" if names else "it has no labels"
        raise Unusable(f"{source}: {only}; two classes at least are needed")
    if any(not name.strip() or len(name) > LONGEST for name in names):
        raise Unusable(f"{source}: a label is empty or longer than {LONGEST} characters")
    whole = all(WHOLE.fullmatch(name) for name in names)
    count = 1 + max(map(int, names)) if whole else len(names)
    if count > MOST_CLASSES:
        reason = f"labels run from 0 to {count - 1}" if whole else f"it has {count} classes"
        raise Unusable(f"{source}: {reason}; By Hand takes at most {MOST_CLASSES} classes")
    return tuple(map(str, range(count))) if whole else tuple(sorted(names))


def whole_numbers(labels: Array, source: str) -> NDArray[np.int64]:
    """Return labels [n] or [n, 1] as [n].  Raises Unusable unless they are whole numbers below MOST_CLASSES."""
    if labels.dtype.kind not in "iu" or labels.ndim not in (1, 2) or labels.size != len(labels):
        raise Unusable(
            f"{source}: labels of type {labels.dtype} and shape {list(labels.shape)}, where a whole number "
            "for each image is needed"
        )
    if labels.size and (labels.min() < 0 or labels.max() >= MOST_CLASSES):
        limits = f"{labels.min()} to {labels.max()}"
        raise Unusable(f"{source}: labels must be 0 to {MOST_CLASSES - 1}; they run from {limits}")
    return labels.reshape(-1).astype(np.int64)


def class_indices(labels: Sequence[str], classes: tuple[str, ...]) -> NDArray[np.int64]:
    """Return the index of each label in the classes; the label 07 is class 7."""
    index = {name: i for i, name in enumerate(classes)}
    return np.array([index[name] if name in index else index[str(int(name))] for name in labels], dtype=np.int64)


def indices_of_split(count: int, split: str) -> NDArray[np.int64]:
    """Return the indices of one split of a source without splits: every fifth sample belongs to the test split."""
    return np.flatnonzero((np.arange(count) % 5 == 4) == (split == "test"))
