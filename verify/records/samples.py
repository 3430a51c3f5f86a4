"""Images with labels, as a value."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reference.network import Network, chain
from verify.records.settings import NETWORK, Settings

DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Samples:
    """Pixels [n, p] as they were given (whole numbers 0-255, or fractions 0-1), and their labels [n].

    `shape` is that of one image, its product p. `classes` has a name for each output; a label is a place in it,
    from 0.
    """

    pixels: NDArray[Any]
    labels: NDArray[np.int64]
    shape: tuple[int, ...] = (28, 28)
    classes: tuple[str, ...] = DIGITS

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def images(self) -> NDArray[np.float64]:
        """All of them with values 0-1, as float64."""
        return _scaled(self.pixels)

    @property
    def named(self) -> bool:
        """Whether the classes have names other than their numbers."""
        return self.classes != tuple(map(str, range(len(self.classes))))

    def rows(self, which: NDArray[np.int64], dtype: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """X [N, p] with values 0-1 and one-hot y [N, classes] of the images at these places."""
        return _scaled(self.pixels[which]).astype(dtype), np.eye(len(self.classes), dtype=dtype)[self.labels[which]]

    def digest(self) -> str:
        """Hexadecimal SHA-256 of pixels, labels, shape and classes: says whether two sets are the same."""
        found = hashlib.sha256(repr((self.shape, self.classes)).encode())
        for array in (self.pixels, self.labels):
            found.update(f"{array.dtype.str}{array.shape}".encode())
            found.update(np.ascontiguousarray(array).tobytes())
        return found.hexdigest()

    def batch(self, settings: Settings, step: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """X [N, p] and one-hot y of a step (from 1): the next N samples, going round at the end."""
        first = settings.index + (step - 1) * settings.batch
        return self.rows(np.arange(first, first + settings.batch) % len(self.labels), settings.dtype)


def network_for(samples: Samples) -> Network:
    """The essay's network, with as many inputs as the images have pixels and an output for each class."""
    sizes = (samples.pixels.shape[1], *NETWORK.sizes[1:-1], len(samples.classes))
    return chain(sizes, NETWORK.activations)


def _scaled(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """Values 0-1 as float64; whole numbers are of 255."""
    return pixels.astype(np.float64) / (1 if pixels.dtype.kind == "f" else 255)
