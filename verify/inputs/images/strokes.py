"""Find the strokes of a digit in a picture, and centre them in the field of 28x28 pixels."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from verify.errors import Unusable
from verify.records.precision import Floats
from verify.records.trace import Array

SIDE = 28
BOX = 20  # pixels: the longer side of the digit
CENTRE = 14.5  # pixels: the centre of mass, from the left and from the upper edge


def ink(shade: Floats, doubt: float = 0.0) -> Floats:
    """Return ink: 0 on paper, 1 on strokes, and values between 0 and 1 at the edges.  [h, w] -> [h, w].

    A contrast below the fraction `doubt` of a stroke's contrast is no ink.  Raises Unusable if there is no stroke.
    """
    if np.ptp(shade) < 1 / 255:
        raise Unusable("all of one colour, so no digit can be seen; draw one, light on dark or dark on light")
    paper, noise = _paper(shade)
    contrast = _contrast(shade, paper, noise)
    threshold = _otsu(contrast)
    strong = contrast > threshold
    if not strong.any() or np.percentile(contrast[strong], 90) < max(0.02, 5 * noise):
        raise Unusable("no stroke stands out from the background; draw the digit with more contrast")
    zoom = max(1.0, max(_extent(_without_specks(strong.astype(np.float64)))) / BOX)
    full = float(np.percentile(contrast[strong], 90 if zoom > 1 else 100))
    # The digits of MNIST were black and white, and their greys come from the reduction to 20x20. So a large picture
    # is made nearly black and white here, which removes shading and noise. In a small picture the greys are the edges.
    half = 0.5 / min(zoom, 4.0)
    low = max(0.5 - half, min(0.4, doubt + 3 * noise / full))
    soft: Floats = ((contrast / full - low) / (0.5 + half - low)).clip(0, 1)
    return soft if _as_in_mnist(soft) else _without_specks(soft)


def _paper(shade: Floats) -> tuple[Floats, float]:
    """Return the brightness without strokes [h, w] and its noise, both estimated from the border.

    The border is about 3 % of the shorter side wide. If most of it has one level, as in a drawing made on a screen, the
    paper has this level. Otherwise the picture is taken as a photograph, and the paper is a quadratic surface.
    """
    width = max(1, round(0.03 * min(shade.shape)))
    border = np.ones(shade.shape, dtype=bool)
    border[width:-width, width:-width] = False
    level = float(np.median(shade[border]))
    uniform = np.mean(np.abs(shade[border] - level) < 0.02) > 0.6
    paper = np.full(shade.shape, level) if uniform else _surface(shade, border)
    difference = np.abs(shade - paper)
    near = 0.01 + 4 * float(np.median(difference[border]))
    # 1.4826 times the median absolute deviation is the standard deviation of a Gaussian.
    return paper, 1.4826 * float(np.median(difference[difference < near]))


def _surface(shade: Floats, border: NDArray[np.bool_]) -> Floats:
    """Return the quadratic surface of the paper: fitted to the border, robustly, and then to all pixels near it."""
    y, x = np.meshgrid(np.linspace(-1, 1, shade.shape[0]), np.linspace(-1, 1, shade.shape[1]), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    step = max(1, round(max(shade.shape) / 150))  # enough points to fit six coefficients
    A, b, edge = (part[::step, ::step].reshape(-1, *part.shape[2:]) for part in (terms, shade, border))
    edge = edge | (edge.sum() < 12)
    coefficients = np.linalg.lstsq(A[edge], b[edge])[0]
    for _ in range(20):
        difference = np.abs(b - A @ coefficients)
        weight = np.sqrt(edge / np.maximum(difference, 0.005))
        coefficients = np.linalg.lstsq(A * weight[:, None], b * weight)[0]
    for _ in range(10):
        difference = np.abs(b - A @ coefficients)
        near = difference < 0.02 + 3 * np.median(difference[edge])
        coefficients = np.linalg.lstsq(A[near], b[near])[0]
    return np.asarray(terms @ coefficients)


def _contrast(shade: Floats, paper: Floats, noise: float) -> Floats:
    """Return the difference of each pixel from the paper, on the side of the strokes (darker or lighter), otherwise 0.

    In the shade both paper and stroke are darker, and the contrast is smaller. So the difference is divided by the
    relative brightness of the paper.
    """
    light = paper / np.median(paper) if paper.min() > 0.05 else 1.0
    difference = (shade - paper) / light
    strong = np.where(np.abs(difference) > 3 * noise, difference, 0)
    return np.maximum(difference if np.sum(strong * np.abs(strong)) > 0 else -difference, 0)


def _otsu(values: Floats) -> float:
    """Return the threshold that best divides the values into two groups.  Otsu 1979, equation (18)."""
    counts, edges = np.histogram(values, bins=256)
    middles = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts)[:-1]
    mean_below = np.cumsum(counts * middles)[:-1]
    above, mean_above = values.size - below, np.sum(counts * middles) - mean_below
    between = below * above * (mean_below / np.maximum(below, 1) - mean_above / np.maximum(above, 1)) ** 2
    return float(edges[1 + np.argmax(between)])


def _without_specks(stroke: Floats) -> Floats:
    """Return the ink of the connected parts that can belong to a digit, and 0 elsewhere.  [h, w] -> [h, w].

    A part near the largest part is dust if it has less than 1/300 of the ink of the largest part. A part far from it
    is dust if it has less than 1/25. A far part that touches the edge and lies completely in the outer eighth is the
    rim of the sheet or a shadow.  Raises Unusable if there is no large part.
    """
    from scipy import ndimage  # needed only for pictures; the import takes a fifth of a second

    labels, count = ndimage.label(stroke > 0, structure=np.ones((3, 3)))
    mass = np.bincount(labels.ravel(), stroke.ravel(), minlength=count + 1)
    height, width = stroke.shape
    inner = np.unique(labels[height // 8 : height - height // 8, width // 8 : width - width // 8])
    rim = np.setdiff1d(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]), inner)
    central = np.where(np.isin(np.arange(count + 1), rim), 0, mass)
    central = central if central.any() else mass
    heaviest = int(central.argmax())
    if mass[heaviest] < 0.2 * central.sum():
        raise Unusable("only specks and no stroke can be seen; draw the digit with connected, clear strokes")
    largest = labels == heaviest
    far = ndimage.distance_transform_edt(~largest) > 0.1 * max(_extent(largest))
    needed = np.full(count + 1, mass[heaviest] / 25)
    needed[rim] = np.inf
    needed[np.unique(labels[~far])] = mass[heaviest] / 300
    return np.where((mass >= needed)[labels], stroke, 0)


def fit(stroke: Floats) -> Floats:
    """Return ink [h, w] scaled to the box and centred in the field [28, 28], in steps of 1/255.

    Raises Unusable if the ink is smaller than five pixels.
    """
    height, width = _extent(stroke)
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
    return np.asarray(np.rint(255 * (values / values.max()).clip(0, 1)) / 255)


def _as_in_mnist(stroke: Floats) -> bool:
    """Return whether ink has the size, the box and the centre of an MNIST image; then small specks belong to it."""
    in_box = stroke.shape == (SIDE, SIDE) and max(_extent(stroke)) == BOX
    return in_box and all(math.floor(centre) == math.floor(CENTRE) for centre in _centre(stroke))


def _extent(stroke: Array) -> tuple[int, int]:
    """Return height and width of the smallest box around all pixels that are not 0."""
    rows, columns = np.flatnonzero(stroke.any(axis=1)), np.flatnonzero(stroke.any(axis=0))
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def _centre(stroke: Floats) -> tuple[float, float]:
    """Return the centre of mass (y, x), measured from the upper left corner of the picture."""
    y, x = (stroke.sum(axis=1 - axis) @ (np.arange(n) + 0.5) / stroke.sum() for axis, n in enumerate(stroke.shape))
    return float(y), float(x)
