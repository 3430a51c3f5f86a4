"""Convert pixels of any mode and colour to brightness: one number for each pixel."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WORKING_SIDE = (
    800  # pixels: larger pictures are first reduced to about this side, which is enough for a digit on a page
)

Floats = NDArray[np.float64]


def reduced(image: Image.Image) -> Image.Image:
    """Return the picture with at most about WORKING_SIDE pixels a side.

    The mode of the result is L, RGB, RGBa (colours multiplied by alpha), or F with values 0-65535. Greys of 16 bits
    become F, because Pillow's conversion to L cuts off values above 255. If such a picture marks one grey as
    transparent, the grey is shown: it is never the colour of the stroke.
    """
    factor = math.ceil(max(image.size) / WORKING_SIDE)
    if image.mode[0] in "IF":
        image = Image.fromarray(np.asarray(image, dtype=np.float32))
    elif image.has_transparency_data:
        image = image.convert("RGBA").convert("RGBa")
    else:
        image = image.convert("L" if image.mode in ("1", "L") else "RGB")
    return image.reduce(factor) if factor > 1 else image


def grey(image: Image.Image) -> Floats:
    """Return the brightness of every pixel, 0-1 [h, w]; transparent pixels are put on paper first."""
    values = np.asarray(image, dtype=np.float64)
    bits = max(8, int(values.max()).bit_length())  # 16-bit files often use only the 10 or 12 bits of a camera
    values /= 2**bits - 1
    if values.ndim == 2:
        return values
    return _strongest_shade(_on_paper(values) if image.mode == "RGBa" else values)


def _on_paper(values: Floats) -> Floats:
    """Return the colours on a paper that makes the strokes visible.  [h, w, 4] -> [h, w, 3].

    `values` has colours multiplied by alpha, and alpha. If most pixels are opaque, the transparent pixels (for example
    rounded corners) take the median colour of the opaque ones. Otherwise the transparent pixels are the paper: white,
    or black if the opaque colours are nearer to white. The transparent pixels are also the paper if the opaque pixels
    have only one colour, because then they are strokes that fill the picture.
    """
    colours, alpha = values[:, :, :3], values[:, :, 3:]
    opaque = alpha[:, :, 0] > 0.5
    paper: Floats = np.ones(3)
    if opaque.any():
        seen = (colours / np.maximum(alpha, 1 / 255))[opaque]
        median = np.median(seen, axis=0)
        one_colour = np.mean(np.abs(seen - median).max(axis=1) < 0.1) > 0.95
        contrary = np.full(3, float(median.mean() < 0.5))
        paper = contrary if one_colour or opaque.mean() < 0.5 else np.asarray(median)
    return colours + (1 - alpha) * paper


def _strongest_shade(colours: Floats) -> Floats:
    """Return the colours projected on the direction in which they differ most.  [h, w, 3] -> [h, w].

    Brightness alone would not distinguish a red stroke from a green paper of equal brightness. For a grey picture
    the result is the grey level.
    """
    flat = colours.reshape(-1, 3)
    direction = np.linalg.eigh(np.cov(flat.T))[1][:, -1] if len(flat) > 1 else np.ones(3)
    shade: Floats = colours @ (direction / np.abs(direction).sum())
    return shade if direction.sum() > 0 else -shade  # the sign of an eigenvector is arbitrary
