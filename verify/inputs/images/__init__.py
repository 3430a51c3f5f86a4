"""One picture of a digit, from a file, brought to 28x28 the way MNIST was made.

LeCun, Bottou, Bengio & Haffner 1998, section III.A: a digit in black and white is scaled, keeping its aspect
ratio, to fit 20x20 pixels, which by the anti-aliasing become grey, and is shifted so that its centre of mass is
at the centre of the field of 28x28. In all 10,000 test images that centre lies in pixel 14 (counting from 0),
both ways: CENTRE in field.py is the middle of that pixel.

    grey       brightness [h, w]           paper    what the brightness would be without strokes [h, w]
    ink        0 paper to 1 stroke [h, w]  noise    standard deviation of the brightness of the paper
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from verify.errors import Unusable
from verify.inputs.images.centering import SIDE, fitted
from verify.inputs.images.decoding import decoded
from verify.inputs.images.grayscale import Floats, grey, reduced
from verify.inputs.images.segmentation import ink

RINGING = 0.1  # of a stroke's contrast: what JPEG puts on the paper round about it
SHOWN = 400  # pixels: the longer side of the picture in a report, at most
ZOOM = 8  # each pixel of the field is drawn so wide


@dataclass(frozen=True)
class Look:
    """One picture: the file's as the bytes of a PNG, upright and small; and what the network sees, [784]."""

    given: bytes
    pixels: Floats

    @property
    def seen(self) -> bytes:
        return picture(self.pixels)


def look(path: str) -> Look:
    """The picture in a PNG, JPEG or BMP file, and as MNIST would have it: [784], multiples of 1/255 from 0 to 1.

    Raises Unusable, in one sentence that begins with `--image PATH: `.
    """
    if not path.isprintable():
        raise Unusable(f"--image {ascii(path)}: a path of plain text is needed; rename it")
    try:
        image, name = decoded(path)
        small = reduced(image)
        pixels = fitted(ink(grey(small), RINGING if name == "JPEG" else 0.0)).reshape(-1)
    except Unusable as error:
        raise Unusable(f"--image {path}: {error}") from error
    return Look(_shown(small), pixels)


def read(path: str) -> Floats:
    """What the network sees of it alone."""
    return look(path).pixels


def picture(pixels: Floats) -> bytes:
    """The PNG of an image with values 0-1, [784] or [28, 28], each pixel drawn eight wide; bytes for a report."""
    small = np.asarray(pixels, dtype=np.float64).reshape(SIDE, SIDE)
    shades = np.rint(small * 255).clip(0, 255).astype(np.uint8)
    return _png(Image.fromarray(shades.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)))


def _shown(image: Image.Image) -> bytes:
    """As in the file, at most SHOWN a side."""
    if image.mode == "F":
        values = np.asarray(image)
        image = Image.fromarray((values * (255 / max(255.0, float(values.max())))).astype(np.uint8))
    image = image.convert("RGBA") if image.mode == "RGBa" else image.copy()
    image.thumbnail((SHOWN, SHOWN))
    return _png(image)


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
