"""From pixels to brightness: one number a pixel, whatever the colours."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WORKING_SIDE = 800  # larger pictures are averaged down to this first: enough for a digit on a page

Floats = NDArray[np.float64]


def reduced(image: Image.Image) -> Image.Image:
    """As L, RGB, RGBa (alpha multiplied in), or F with values 0-65535; at most about WORKING_SIDE a side.

    16-bit greys are read as numbers because Pillow's conversion to L cuts off all above 255. A colour that
    stands for "transparent" in them is shown: it is never the stroke's.
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
    """Brightness of every pixel, 0-1 [h, w], with whatever is transparent put on paper of its own."""
    values = np.asarray(image, dtype=np.float64)
    bits = max(8, int(values.max()).bit_length())  # 16 of them often hold no more than a camera's 10 or 12
    values /= 2**bits - 1
    if values.ndim == 2:
        return values
    return _strongest_shade(_on_paper(values) if image.mode == "RGBa" else values)


def _on_paper(values: Floats) -> Floats:
    """Colours multiplied by alpha, and alpha, [h, w, 4] -> [h, w, 3], on a paper that lets the strokes be seen.

    If most is opaque, the transparent rest (rounded corners, say) takes the commonest of its colours. Otherwise
    the transparent part is the paper: white, or black if what is drawn on it is nearer to white. Strokes
    that fill the picture are one colour; then, too, the transparent part is the paper.
    """
    colours, alpha = values[:, :, :3], values[:, :, 3:]
    opaque = alpha[:, :, 0] > 0.5
    paper: Floats = np.ones(3)
    if opaque.any():
        seen = (colours / np.maximum(alpha, 1 / 255))[opaque]
        middle = np.median(seen, axis=0)
        one_colour = np.mean(np.abs(seen - middle).max(axis=1) < 0.1) > 0.95
        contrary = np.full(3, float(middle.mean() < 0.5))
        paper = contrary if one_colour or opaque.mean() < 0.5 else np.asarray(middle)
    return colours + (1 - alpha) * paper


def _strongest_shade(colours: Floats) -> Floats:
    """[h, w, 3] -> [h, w]: along the direction in which the colours differ most, which for greys is the grey.

    Brightness alone would not tell a red stroke from a green paper equally bright.
    """
    flat = colours.reshape(-1, 3)
    direction = np.linalg.eigh(np.cov(flat.T))[1][:, -1] if len(flat) > 1 else np.ones(3)
    shade: Floats = colours @ (direction / np.abs(direction).sum())
    return shade if direction.sum() > 0 else -shade  # an eigenvector has no sign of its own
