"""What every format must come to: pixels that are numbers, a label for each image, classes that can be told apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.errors import Unusable
from verify.records.samples import Samples
from verify.records.trace_file import LONGEST

MOST_CLASSES = 1000
MOST_BYTES = 4_000_000_000  # of pixels, in memory
WHOLE = re.compile("[0-9]{1,6}")


def checked(
    pixels: NDArray[Any], labels: NDArray[Any], classes: tuple[str, ...], source: str, shape: tuple[int, ...] = ()
) -> Samples:
    """Samples of images [n, ...]; `shape` of one image, if they come flat.  Raises Unusable, naming the source.

    Numbers without a point are taken as 0-255, others as fractions 0-1.
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
    flat = pixels.reshape(len(pixels), -1)
    return Samples(flat, labels.astype(np.int64), shape or pixels.shape[1:], classes)


def numbered(labels: Sequence[str], source: str) -> tuple[str, ...]:
    """The classes of all labels that a source has, as text.  Raises Unusable, naming the source.

    If all are whole numbers, a class for each from 0 to the largest: as in Keras, a label is the number of its
    output. Otherwise the names in the order of their characters.
    """
    found = set(labels)
    if len(found) < 2:
        only = f"every label is {ascii(next(iter(found)))}" if found else "it has no labels"
        raise Unusable(f"{source}: {only}; two classes at least are needed")
    if any(not name.strip() or len(name) > LONGEST for name in found):
        raise Unusable(f"{source}: a label is empty or longer than {LONGEST} characters")
    whole = all(WHOLE.fullmatch(name) for name in found)
    count = 1 + max(map(int, found)) if whole else len(found)
    if count > MOST_CLASSES:
        what = f"labels run from 0 to {count - 1}" if whole else f"it has {count} classes"
        raise Unusable(f"{source}: {what}; By Hand takes at most {MOST_CLASSES} classes")
    return tuple(map(str, range(count))) if whole else tuple(sorted(found))


def whole_numbers(labels: NDArray[Any], source: str) -> NDArray[np.int64]:
    """Labels [n] or [n, 1] as [n].  Raises Unusable unless they are whole numbers from 0 on."""
    if labels.dtype.kind not in "iu" or labels.ndim not in (1, 2) or labels.size != len(labels):
        raise Unusable(f"{source}: labels of type {labels.dtype} and shape {list(labels.shape)}, where a whole number "
                       "for each image is needed")  # fmt: skip
    if labels.size and (labels.min() < 0 or labels.max() >= MOST_CLASSES):
        raise Unusable(f"{source}: labels must be 0 to {MOST_CLASSES - 1}; they run from {labels.min()} to "
                       f"{labels.max()}")  # fmt: skip
    numbers: NDArray[np.int64] = labels.reshape(-1).astype(np.int64)
    return numbers


def places(labels: Sequence[str], classes: tuple[str, ...]) -> NDArray[np.int64]:
    """Each label as its place among the classes; 07 is class 7."""
    place = {name: i for i, name in enumerate(classes)}
    return np.array([place[name] if name in place else place[str(int(name))] for name in labels], dtype=np.int64)


def part_of(count: int, split: str) -> NDArray[np.int64]:
    """The places of one split where the source has none: every fifth sample is for the test."""
    every: NDArray[np.int64] = np.arange(count)
    chosen: NDArray[np.bool_] = every % 5 == 4
    part: NDArray[np.int64] = every[chosen if split == "test" else ~chosen]
    return part
