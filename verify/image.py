"""One picture of a digit, from a file, brought to 28x28 the way MNIST was made.

LeCun, Bottou, Bengio & Haffner 1998, section III.A: a digit in black and white is scaled, keeping its aspect
ratio, to fit 20x20 pixels, which by the anti-aliasing become grey, and is shifted so that its centre of mass is
at the centre of the field of 28x28. In all 10,000 test images that centre lies in pixel 14 (counting from 0),
both ways: CENTRE below is the middle of that pixel.

    grey       brightness [h, w]           paper    what the brightness would be without strokes [h, w]
    ink        0 paper to 1 stroke [h, w]  noise    standard deviation of the brightness of the paper
"""

from __future__ import annotations

import io
import math
import os
import struct
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from verify.errors import Unusable
from verify.samples import SIDE

BOX = 20  # the digit's longer side, in pixels
CENTRE = 14.5  # of its mass, from the left and upper edge
MOST_PIXELS = 25_000_000
MOST_BYTES = 250_000_000
WORKING_SIDE = 800  # larger pictures are averaged down to this first: enough for a digit on a page
TOO_LARGE = f"more than {MOST_PIXELS // 1_000_000} million pixels; save the picture smaller"
FORMATS = ("PNG", "JPEG", "BMP")
RINGING = 0.1  # of a stroke's contrast: what JPEG puts on the paper round about it

SIGNATURES = {  # of what is read, and of what people are likely to have instead
    "PNG": (0, (b"\x89PNG\r\n\x1a\n",)),
    "JPEG": (0, (b"\xff\xd8\xff",)),
    "BMP": (0, (b"BM",)),
    "GIF": (0, (b"GIF8",)),
    "TIFF": (0, (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    "WebP": (8, (b"WEBP",)),
    "AVIF": (4, (b"ftypavif", b"ftypavis")),
    "HEIC": (4, (b"ftyphei", b"ftyphev", b"ftypmif1", b"ftypmsf1")),
    "JPEG 2000": (0, (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")),
    "JPEG XL": (0, (b"\0\0\0\x0cJXL ", b"\xff\x0a")),
    "PDF": (0, (b"%PDF",)),
    "Photoshop": (0, (b"8BPS",)),
    "icon": (0, (b"\0\0\1\0",)),
    "NetPBM": (0, (b"P1\n", b"P2\n", b"P3\n", b"P4\n", b"P5\n", b"P6\n")),
}
UPRIGHT = {  # EXIF tag 0x0112 to what undoes it
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Floats = NDArray[np.float64]


def read(path: str) -> Floats:
    """The picture in a PNG, JPEG or BMP file, as MNIST would have it: [784], multiples of 1/255 from 0 to 1.

    Raises Unusable, in one sentence that begins with `--image PATH: `.
    """
    if not path.isprintable():
        raise Unusable(f"--image {ascii(path)}: a path of plain text is needed; rename it")
    try:
        image, name = _decoded(_content(path))
        return fitted(ink(grey(image), RINGING if name == "JPEG" else 0.0)).reshape(-1)
    except Unusable as error:
        raise Unusable(f"--image {path}: {error}") from error


def picture(pixels: Any) -> bytes:
    """The PNG of an image with values 0-1, [784] or [28, 28], each pixel drawn eight wide; bytes for a report."""
    small = np.asarray(pixels, dtype=np.float64).reshape(SIDE, SIDE)
    shades = np.rint(small * 255).clip(0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(shades.repeat(8, axis=0).repeat(8, axis=1)).save(file, "PNG")
    return file.getvalue()


# --- from the file to pixels -----------------------------------------------------------------------------------


def _content(path: str) -> bytes:
    if os.path.isdir(path):
        raise Unusable("a folder, where a picture is needed; name one file")
    if not os.path.exists(path):
        raise Unusable("no such file; give the path of a PNG, JPEG or BMP picture")
    if not os.path.isfile(path):
        raise Unusable("not a regular file; give the path of a PNG, JPEG or BMP picture")
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unusable("it cannot be read; look at its permissions") from error
    if not content:
        raise Unusable("an empty file; save the picture anew")
    if len(content) > MOST_BYTES:
        raise Unusable(f"more than {MOST_BYTES // 1_000_000} MB; save the picture smaller")
    return content


def _format(content: bytes) -> str:
    """The format's name, by its first bytes; the name of the file says nothing about what is in it."""
    for name, (start, signatures) in SIGNATURES.items():
        if content.startswith(signatures, start):
            return name
    return "SVG" if b"<svg" in content[:1000].lower() else ""


def _decoded(content: bytes) -> tuple[Image.Image, str]:
    """The picture, upright and no larger than needed, and its format. Pillow's warnings and errors stay inside."""
    name = _format(content)
    if not name:
        raise Unusable("not an image; a PNG, JPEG or BMP picture is needed")
    if name not in FORMATS:
        raise Unusable(f"{name} is not read; save the picture as PNG, JPEG or BMP")
    if 0 in _header_size(content, name):
        raise Unusable("its width or height is zero; save the picture anew")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _loaded(content), name
        except Unusable:
            raise
        except Image.DecompressionBombError as error:
            raise Unusable(TOO_LARGE) from error
        except Exception as error:  # a damaged file brings Pillow to raise nearly anything
            raise Unusable(f"a truncated or damaged {name} file; save the picture anew") from error


def _header_size(content: bytes, name: str) -> tuple[int, ...]:
    """Width and height as the header has them, () where it is too short.  Pillow calls zero "not identified"."""
    old_bitmap = name == "BMP" and content[14:18] == b"\x0c\0\0\0"
    form, start = {"PNG": (">II", 16), "BMP": ("<HH" if old_bitmap else "<ii", 18), "JPEG": ("", 0)}[name]
    part = content[start : start + struct.calcsize(form)]
    return struct.unpack(form, part) if len(part) == struct.calcsize(form) else ()


def _loaded(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content), formats=FORMATS)
    if image.width * image.height > MOST_PIXELS:
        raise Unusable(TOO_LARGE)
    if image.format == "PNG" and getattr(image, "is_animated", False):
        raise Unusable("an animated PNG; save one picture of it")
    Image.open(io.BytesIO(content), formats=FORMATS).verify()  # a PNG's checksums: load() alone does not look
    image.load()
    turn = _orientation(image)
    small = _reduced(image)
    return small.transpose(UPRIGHT[turn]) if turn in UPRIGHT else small


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # a damaged description does not make the picture unreadable
        return 1


def _reduced(image: Image.Image) -> Image.Image:
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


# --- from pixels to brightness ---------------------------------------------------------------------------------


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


# --- from brightness to ink ------------------------------------------------------------------------------------


def ink(shade: Floats, doubt: float = 0.0) -> Floats:
    """0 where there is paper, 1 where there is stroke, between them at the edges.  [h, w] -> [h, w]

    Less than `doubt` of a stroke's contrast is no ink.  Raises Unusable if no stroke can be seen.
    """
    if np.ptp(shade) < 1 / 255:
        raise Unusable("all of one colour, so no digit can be seen; draw one, light on dark or dark on light")
    paper, noise = _paper(shade)
    contrast = _contrast(shade, paper, noise)
    threshold = _otsu(contrast)
    strong = contrast > threshold
    if not strong.any() or np.percentile(contrast[strong], 90) < max(0.02, 5 * noise):
        raise Unusable("no stroke stands out from the background; draw the digit with more contrast")
    zoom = max(1.0, max(_box(_without_specks(strong.astype(np.float64)))[2:]) / BOX)
    full = float(np.percentile(contrast[strong], 90 if zoom > 1 else 100))
    # MNIST began in black and white and got its greys by being made smaller. A large picture is brought near to
    # black and white likewise, which takes shading and noise away; in a small one the greys are the edges.
    half = 0.5 / min(zoom, 4.0)
    low = max(0.5 - half, min(0.4, doubt + 3 * noise / full))
    soft: Floats = ((contrast / full - low) / (0.5 + half - low)).clip(0, 1)
    return soft if _as_in_mnist(soft) else _without_specks(soft)


def _paper(shade: Floats) -> tuple[Floats, float]:
    """What the picture would be without strokes [h, w], and its noise, judged by the border.

    One level if most of the border has it, as where the digit was drawn on a screen. Otherwise it is taken as a
    photograph: a quadratic surface through the border, then through every pixel near the surface so far.
    """
    border = _border(shade.shape)
    level = float(np.median(shade[border]))
    if np.mean(np.abs(shade[border] - level) < 0.02) > 0.6:
        paper = np.full(shade.shape, level)
    else:
        paper = _surface(shade, border)
    apart = np.abs(shade - paper)
    near = 0.01 + 4 * float(np.median(apart[border]))
    return paper, 1.4826 * float(np.median(apart[apart < near]))  # 1.4826 median = a Gaussian's deviation


def _border(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    wide = max(1, round(0.03 * min(shape)))
    border = np.ones(shape, dtype=bool)
    border[wide:-wide, wide:-wide] = False
    return border


def _surface(shade: Floats, border: NDArray[np.bool_]) -> Floats:
    """The quadratic in x and y that fits the border in the least-absolute sense, then what lies near to it."""
    y, x = np.meshgrid(np.linspace(-1, 1, shade.shape[0]), np.linspace(-1, 1, shade.shape[1]), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    step = max(1, round(max(shade.shape) / 150))  # enough points for six numbers
    A, b, edge = (part[::step, ::step].reshape(-1, *part.shape[2:]) for part in (terms, shade, border))
    edge = edge | (edge.sum() < 12)
    fit = np.linalg.lstsq(A[edge], b[edge])[0]
    for _ in range(20):
        apart = np.abs(b - A @ fit)
        weight = np.sqrt(edge / np.maximum(apart, 0.005))
        fit = np.linalg.lstsq(A * weight[:, None], b * weight)[0]
    for _ in range(10):
        apart = np.abs(b - A @ fit)
        near = apart < 0.02 + 3 * np.median(apart[edge])
        fit = np.linalg.lstsq(A[near], b[near])[0]
    surface: Floats = terms @ fit
    return surface


def _contrast(shade: Floats, paper: Floats, noise: float) -> Floats:
    """How far each pixel is from the paper, on the side where the strokes are; 0 on the other.

    Light falls on paper and stroke alike, so where the paper is darker than elsewhere the contrast is too, and
    is made up for.
    """
    light = paper / np.median(paper) if paper.min() > 0.05 else 1.0
    apart = (shade - paper) / light
    outside = np.where(np.abs(apart) > 3 * noise, apart, 0)
    return np.maximum(apart if np.sum(outside * np.abs(outside)) > 0 else -apart, 0)


def _otsu(values: Floats) -> float:
    """The threshold that best divides the values into two groups.  Otsu 1979, equation (18)"""
    counts, edges = np.histogram(values, bins=256)
    middles = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)[:-1]
    mean_below = np.cumsum(counts * middles)[:-1]
    above, mean_above = values.size - below, np.sum(counts * middles) - mean_below
    between = below * above * (mean_below / np.maximum(below, 1) - mean_above / np.maximum(above, 1)) ** 2
    return float(edges[1 + np.argmax(between)])


def _without_specks(stroke: Floats) -> Floats:
    """The ink of the connected parts that can belong to a digit; 0 elsewhere.  [h, w] -> [h, w]

    A part is dust if it has less than 1/300 of the ink of the largest, and away from the largest 1/25. A part away
    from it that touches the edge and lies wholly in the outer eighth is the rim of the sheet or a shadow.
    """
    labels, count = ndimage.label(stroke > 0, structure=np.ones((3, 3)))
    mass = np.bincount(labels.ravel(), stroke.ravel(), minlength=count + 1)
    height, width = stroke.shape
    inner = np.unique(labels[height // 8 : height - height // 8, width // 8 : width - width // 8])
    rim = np.setdiff1d(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]), inner)
    central = np.where(np.isin(np.arange(count + 1), rim), 0, mass)
    central = central if central.any() else mass
    most = int(central.argmax())
    if mass[most] < 0.2 * central.sum():
        raise Unusable("only specks and no stroke can be seen; draw the digit with connected, clear strokes")
    largest = labels == most
    away = ndimage.distance_transform_edt(~largest) > 0.1 * max(_box(largest)[2:])
    needed = np.full(count + 1, mass[most] / 25)
    needed[rim] = np.inf
    needed[np.unique(labels[~away])] = mass[most] / 300
    return np.where((mass >= needed)[labels], stroke, 0)


# --- from ink to the field of 28x28 ----------------------------------------------------------------------------


def fitted(stroke: Floats) -> Floats:
    """Ink [h, w], scaled to fit the box and put by its centre of mass into the field [28, 28]; in steps of 1/255."""
    top, left, height, width = _box(stroke)
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


def _as_in_mnist(stroke: Floats) -> bool:
    """Whether size, box and centre of mass are as in MNIST already; then its dust, too, is as in MNIST."""
    in_box = stroke.shape == (SIDE, SIDE) and max(_box(stroke)[2:]) == BOX
    return in_box and all(math.floor(place) == math.floor(CENTRE) for place in _centre(stroke))


def _box(stroke: NDArray[Any]) -> tuple[int, int, int, int]:
    """Top, left, height and width of what is not 0."""
    rows, columns = np.flatnonzero(stroke.any(axis=1)), np.flatnonzero(stroke.any(axis=0))
    return int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def _centre(stroke: Floats) -> tuple[float, float]:
    """The centre of mass (y, x), measured from the upper left edge of the first pixel."""
    mass = stroke.sum()
    y = stroke.sum(axis=1) @ (np.arange(stroke.shape[0]) + 0.5) / mass
    x = stroke.sum(axis=0) @ (np.arange(stroke.shape[1]) + 0.5) / mass
    return float(y), float(x)
