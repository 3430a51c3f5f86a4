"""Samples: images with their labels, as one immutable value."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reference.network import Network, chain
from verify.records.precision import Floats
from verify.records.settings import NETWORK, Settings
from verify.records.trace import Array

DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Samples:
    """Images with labels: `pixels` [n, p], whole numbers 0-255 or fractions 0-1, and `labels` [n].

    `shape` is the shape of one image; the product of its sizes is p. `classes` holds one name for each output. A label
    is an index into `classes`, from 0.
    """

    pixels: Array
    labels: NDArray[np.int64]
    shape: tuple[int, ...] = (28, 28)
    classes: tuple[str, ...] = DIGITS

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def images(self) -> Floats:
        """All images [n, p] as float64 with values 0-1."""
        return _scaled(self.pixels)

    @property
    def named(self) -> bool:
        """True if the classes have names other than their numbers."""
        return self.classes != tuple(map(str, range(len(self.classes))))

    def rows(self, indices: NDArray[np.int64], dtype: str) -> tuple[Array, Array]:
        """Return X [N, p] with values 0-1, and one-hot y [N, classes], of the images with these indices."""
        return _scaled(self.pixels[indices]).astype(dtype), np.eye(len(self.classes), dtype=dtype)[self.labels[indices]]

    def digest(self) -> str:
        """Return the hexadecimal SHA-256 of pixels, labels, shape and classes. Equal samples have equal digests."""
        checksum = hashlib.sha256(repr((self.shape, self.classes)).encode())
        for array in (self.pixels, self.labels):
            checksum.update(f"{array.dtype.str}{array.shape}".encode())
            checksum.update(np.ascontiguousarray(array).tobytes())
        return checksum.hexdigest()

    def batch(self, settings: Settings, step: int) -> tuple[Array, Array]:
        """Return X [N, p] and one-hot y of a step (the first is 1).

        Each step takes the next N samples. After the last sample it wraps around to the first.
        """
        first = settings.index + (step - 1) * settings.batch
        return self.rows(np.arange(first, first + settings.batch) % len(self.labels), settings.dtype)


def network_for(samples: Samples) -> Network:
    """Return the essay's network, with one input for each pixel and one output for each class."""
    return chain((samples.pixels.shape[1], *NETWORK.sizes[1:-1], len(samples.classes)), NETWORK.activations)


def _scaled(pixels: Array) -> Floats:
    """Return pixels as float64 with values 0-1: whole numbers are divided by 255, fractions stay."""
    return pixels.astype(np.float64) / (1 if pixels.dtype.kind == "f" else 255)
