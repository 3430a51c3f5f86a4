"""From ink to the field of 28x28, by size and by centre of mass."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from verify.errors import Unusable
from verify.inputs.images.grayscale import Floats

SIDE = 28
BOX = 20  # the digit's longer side, in pixels
CENTRE = 14.5  # of its mass, from the left and upper edge


def fitted(stroke: Floats) -> Floats:
    """Ink [h, w], scaled to fit the box and put by its centre of mass into the field [28, 28]; in steps of 1/255."""
    top, left, height, width = box(stroke)
    if max(height, width) < 5:
        raise Unusable(f"all that can be seen is a speck of {width} x {height} pixels; draw the digit larger")
    scale = BOX / max(height, width)
    side = SIDE / scale  # of the field, in the picture's pixels
    y, x = (place - CENTRE / scale for place in _centre(stroke))
    if scale == 1:  # by whole pixels, as in MNIST: nothing is blurred for the sake of half a pixel
        y, x = math.floor(y + 0.5), math.floor(x + 0.5)
    margin = math.ceil(side)
    padded = Image.fromarray(np.pad(stroke, margin).astype(np.float32))
    field_box = (x + margin, y + margin, x + margin + side, y + margin + side)
    values = np.asarray(padded.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=field_box), dtype=np.float64)
    field: Floats = np.rint(255 * (values / values.max()).clip(0, 1)) / 255
    return field


def as_in_mnist(stroke: Floats) -> bool:
    """Whether size, box and centre of mass are as in MNIST already; then its dust, too, is as in MNIST."""
    in_box = stroke.shape == (SIDE, SIDE) and max(box(stroke)[2:]) == BOX
    return in_box and all(math.floor(place) == math.floor(CENTRE) for place in _centre(stroke))


def box(stroke: NDArray[Any]) -> tuple[int, int, int, int]:
    """Top, left, height and width of what is not 0."""
    rows, columns = np.flatnonzero(stroke.any(axis=1)), np.flatnonzero(stroke.any(axis=0))
    return int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def _centre(stroke: Floats) -> tuple[float, float]:
    """The centre of mass (y, x), measured from the upper left edge of the first pixel."""
    mass = stroke.sum()
    y = stroke.sum(axis=1) @ (np.arange(stroke.shape[0]) + 0.5) / mass
    x = stroke.sum(axis=0) @ (np.arange(stroke.shape[1]) + 0.5) / mass
    return float(y), float(x)
