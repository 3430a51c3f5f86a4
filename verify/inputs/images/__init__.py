"""Convert a picture of one digit to 28x28 pixels, as the images of MNIST were made.

LeCun, Bottou, Bengio & Haffner 1998, section III.A: a digit in black and white is scaled to fit a box of 20x20 pixels.
Its aspect ratio is kept, and anti-aliasing gives it grey levels. Then it is shifted so that its centre of mass lies at
the centre of a field of 28x28. In all 10,000 test images the centre of mass lies in row 14 and column 14, counted from
0. CENTRE in strokes.py is the middle of this pixel.

    shade      brightness [h, w]                     paper    the brightness without strokes [h, w]
    ink        from 0 (paper) to 1 (stroke) [h, w]   noise    the standard deviation of the paper's brightness
"""

import io
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from verify.errors import Unusable
from verify.inputs.images.decoding import decode
from verify.inputs.images.strokes import SIDE, fit, ink
from verify.records.precision import Floats

RINGING = 0.1  # the noise of JPEG around a stroke, as a fraction of the stroke's contrast
WORKING_SIDE = 800  # pixels: larger pictures are first reduced to about this side, enough for a digit on a page
SHOWN = 400  # pixels: the maximum side of the picture in a report
ZOOM = 8  # the side of each pixel of the field in a report


@dataclass(frozen=True)
class ConvertedPicture:
    """One picture, before and after the conversion.

    `original` is the picture of the file as PNG bytes, upright and reduced. `pixels` [784] is what the network sees,
    multiples of 1/255 from 0 to 1.
    """

    original: bytes
    pixels: Floats

    @property
    def seen(self) -> bytes:
        """The image that the network sees, as PNG bytes, enlarged ZOOM times."""
        shades = np.rint(self.pixels * 255).astype(np.uint8).reshape(SIDE, SIDE)
        return _png(Image.fromarray(shades.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1)))


def read(path: str) -> ConvertedPicture:
    """Convert the picture of a PNG, JPEG or BMP file.  Raises Unusable, naming the option and the file."""
    if not path.isprintable():
        raise Unusable(f"--image {path!a}: a path of plain text is needed; rename it")
    try:
        image, name = decode(path)
        image = _reduce(image)
        pixels = fit(ink(_brightness(image), RINGING if name == "JPEG" else 0.0)).reshape(-1)
    except Unusable as error:
        raise Unusable(f"--image {path}: {error}") from error
    return ConvertedPicture(_thumbnail(image), pixels)


def _reduce(image: Image.Image) -> Image.Image:
    """Return the picture with at most about WORKING_SIDE pixels a side.

    The mode of the result is L, RGB, RGBa (colours multiplied by alpha), or F with values 0-65535. Greys of 16 bits
    become F, because Pillow's conversion to L cuts off values above 255; a grey marked as transparent is shown.
    """
    factor = math.ceil(max(image.size) / WORKING_SIDE)
    if image.mode[0] in "IF":
        image = Image.fromarray(np.asarray(image, dtype=np.float32))
    elif image.has_transparency_data:
        image = image.convert("RGBA").convert("RGBa")
    else:
        image = image.convert("L" if image.mode in ("1", "L") else "RGB")
    return image.reduce(factor) if factor > 1 else image


def _brightness(image: Image.Image) -> Floats:
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
    rounded corners) take the median colour of the opaque ones. Otherwise, or if the opaque pixels have only one colour
    and so are strokes, the transparent pixels are the paper: white, or black if the opaque colours are nearer to white.
    """
    colours, alpha = values[:, :, :3], values[:, :, 3:]
    opaque = alpha[:, :, 0] > 0.5
    paper: Floats = np.ones(3)
    if opaque.any():
        opaque_colours = (colours / np.maximum(alpha, 1 / 255))[opaque]
        median = np.median(opaque_colours, axis=0)
        one_colour = np.mean(np.abs(opaque_colours - median).max(axis=1) < 0.1) > 0.95
        white_or_black = np.full(3, float(median.mean() < 0.5))
        paper = white_or_black if one_colour or opaque.mean() < 0.5 else np.asarray(median)
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


def _thumbnail(image: Image.Image) -> bytes:
    """Return the PNG bytes of the picture of a file, reduced to at most SHOWN pixels a side."""
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
