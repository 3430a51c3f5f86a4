"""Scale ink and centre it in the field of 28x28 pixels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from verify.errors import Unusable
from verify.inputs.images.grayscale import Floats

SIDE = 28
BOX = 20  # pixels: the longer side of the digit
CENTRE = 14.5  # pixels: the centre of mass, from the left and from the upper edge


def fitted(stroke: Floats) -> Floats:
    """Return ink [h, w] scaled to the box and centred in the field [28, 28], in steps of 1/255.

    Raises Unusable if the ink is smaller than five pixels.
    """
    height, width = box(stroke)[2:]
    if max(height, width) < 5:
        raise Unusable(f"all that can be seen is a speck of {width} x {height} pixels; draw the digit larger")
    scale = BOX / max(height, width)
    side = SIDE / scale  # the side of the field, in pixels of the picture
    y, x = (centre - CENTRE / scale for centre in _centre(stroke))
    if scale == 1:  # shift by whole pixels, as in MNIST: a shift by half a pixel would blur the digit
        y, x = math.floor(y + 0.5), math.floor(x + 0.5)
    margin = math.ceil(side)
    padded = Image.fromarray(np.pad(stroke, margin).astype(np.float32))
    field_box = (x + margin, y + margin, x + margin + side, y + margin + side)
    values = np.asarray(padded.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=field_box), dtype=np.float64)
    field: Floats = np.rint(255 * (values / values.max()).clip(0, 1)) / 255
    return field


def as_in_mnist(stroke: Floats) -> bool:
    """Return whether ink already has the size, the box and the centre of mass of an MNIST image.

    Small specks in such an image belong to it, as they do in MNIST.
    """
    in_box = stroke.shape == (SIDE, SIDE) and max(box(stroke)[2:]) == BOX
    return in_box and all(math.floor(centre) == math.floor(CENTRE) for centre in _centre(stroke))


def box(stroke: NDArray[Any]) -> tuple[int, int, int, int]:
    """Return top, left, height and width of the smallest box around all pixels that are not 0."""
    rows, columns = np.flatnonzero(stroke.any(axis=1)), np.flatnonzero(stroke.any(axis=0))
    return int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def _centre(stroke: Floats) -> tuple[float, float]:
    """Return the centre of mass (y, x), measured from the upper left corner of the picture."""
    mass = stroke.sum()
    y = stroke.sum(axis=1) @ (np.arange(stroke.shape[0]) + 0.5) / mass
    x = stroke.sum(axis=0) @ (np.arange(stroke.shape[1]) + 0.5) / mass
    return float(y), float(x)
