"""Convert a picture of one digit to 28x28 pixels, as the images of MNIST were made.

LeCun, Bottou, Bengio & Haffner 1998, section III.A: a digit in black and white is scaled to fit a box of 20x20 pixels.
Its aspect ratio is kept, and anti-aliasing gives it grey levels. Then it is shifted so that its centre of mass lies at
the centre of a field of 28x28. In all 10,000 test images the centre of mass lies in row 14 and column 14, counted from
0. CENTRE in centering.py is the middle of this pixel.

    grey       brightness [h, w]                     paper    the brightness without strokes [h, w]
    ink        from 0 (paper) to 1 (stroke) [h, w]   noise    the standard deviation of the paper's brightness
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

RINGING = 0.1  # the noise of JPEG around a stroke, as a fraction of the stroke's contrast
SHOWN = 400  # pixels: the maximum side of the picture in a report
ZOOM = 8  # the side of each pixel of the field in a report


@dataclass(frozen=True)
class PictureReading:
    """One picture, before and after the conversion.

    `given` is the picture of the file as PNG bytes, upright and reduced. `pixels` [784] is what the network sees.
    """

    given: bytes
    pixels: Floats

    @property
    def seen(self) -> bytes:
        """The image that the network sees, as PNG bytes."""
        return picture(self.pixels)


def look(path: str) -> PictureReading:
    """Return the picture of a PNG, JPEG or BMP file, before and after the conversion.

    The converted pixels are multiples of 1/255 from 0 to 1.  Raises Unusable, naming the option and the file.
    """
    if not path.isprintable():
        raise Unusable(f"--image {path!a}: a path of plain text is needed; rename it")
    try:
        image, name = decoded(path)
        small = reduced(image)
        pixels = fitted(ink(grey(small), RINGING if name == "JPEG" else 0.0)).reshape(-1)
    except Unusable as error:
        raise Unusable(f"--image {path}: {error}") from error
    return PictureReading(_shown(small), pixels)


def read(path: str) -> Floats:
    """Return the converted pixels [784] of a picture file.  Raises Unusable, naming the option and the file."""
    return look(path).pixels


def picture(pixels: Floats) -> bytes:
    """Return the PNG bytes of an image [784] or [28, 28] with values 0-1, enlarged ZOOM times for a report."""
    small = np.asarray(pixels, dtype=np.float64).reshape(SIDE, SIDE)
    shades = np.rint(small * 255).clip(0, 255).astype(np.uint8)
    return _png(Image.fromarray(shades.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)))


def _shown(image: Image.Image) -> bytes:
    """Return the PNG bytes of the picture of a file, reduced to at most SHOWN pixels a side."""
    if image.mode == "F":
        values = np.asarray(image)
        image = Image.fromarray((values * (255 / max(255.0, float(values.max())))).astype(np.uint8))
    image = image.convert("RGBA") if image.mode == "RGBa" else image.copy()
    image.thumbnail((SHOWN, SHOWN))
    return _png(image)


def _png(image: Image.Image) -> bytes:
    """Return the PNG bytes of an image."""
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
