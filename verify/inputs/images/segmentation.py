"""Convert brightness to ink: find the strokes, and how much of each pixel they cover."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verify.errors import Unusable
from verify.inputs.images.centering import BOX, as_in_mnist, box
from verify.inputs.images.grayscale import Floats


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
    zoom = max(1.0, max(box(_without_specks(strong.astype(np.float64)))[2:]) / BOX)
    full = float(np.percentile(contrast[strong], 90 if zoom > 1 else 100))
    # The digits of MNIST were black and white, and their greys come from the reduction to 20x20. So a large picture
    # is made nearly black and white here, which removes shading and noise. In a small picture the greys are the edges.
    half = 0.5 / min(zoom, 4.0)
    low = max(0.5 - half, min(0.4, doubt + 3 * noise / full))
    soft: Floats = ((contrast / full - low) / (0.5 + half - low)).clip(0, 1)
    return soft if as_in_mnist(soft) else _without_specks(soft)


def _paper(shade: Floats) -> tuple[Floats, float]:
    """Return the brightness without strokes [h, w] and its noise, both estimated from the border.

    If most of the border has one level, as in a drawing made on a screen, the paper has this level. Otherwise the
    picture is taken as a photograph, and the paper is a quadratic surface fitted to the border and then to all pixels
    near the surface.
    """
    border = _border(shade.shape)
    level = float(np.median(shade[border]))
    if np.mean(np.abs(shade[border] - level) < 0.02) > 0.6:
        paper = np.full(shade.shape, level)
    else:
        paper = _surface(shade, border)
    difference = np.abs(shade - paper)
    near = 0.01 + 4 * float(np.median(difference[border]))
    # 1.4826 times the median absolute deviation is the standard deviation of a Gaussian.
    return paper, 1.4826 * float(np.median(difference[difference < near]))


def _border(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return which pixels belong to the border, about 3 % of the shorter side wide."""
    width = max(1, round(0.03 * min(shape)))
    border = np.ones(shape, dtype=bool)
    border[width:-width, width:-width] = False
    return border


def _surface(shade: Floats, border: NDArray[np.bool_]) -> Floats:
    """Return the quadratic surface in x and y that fits the paper.

    It is fitted to the border with least absolute differences, and then to the pixels near it with least squares.
    """
    y, x = np.meshgrid(np.linspace(-1, 1, shade.shape[0]), np.linspace(-1, 1, shade.shape[1]), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    step = max(1, round(max(shade.shape) / 150))  # enough points to fit six coefficients
    A, b, edge = (part[::step, ::step].reshape(-1, *part.shape[2:]) for part in (terms, shade, border))
    edge = edge | (edge.sum() < 12)
    fit = np.linalg.lstsq(A[edge], b[edge])[0]
    for _ in range(20):
        difference = np.abs(b - A @ fit)
        weight = np.sqrt(edge / np.maximum(difference, 0.005))
        fit = np.linalg.lstsq(A * weight[:, None], b * weight)[0]
    for _ in range(10):
        difference = np.abs(b - A @ fit)
        near = difference < 0.02 + 3 * np.median(difference[edge])
        fit = np.linalg.lstsq(A[near], b[near])[0]
    surface: Floats = terms @ fit
    return surface


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
    most = int(central.argmax())
    if mass[most] < 0.2 * central.sum():
        raise Unusable("only specks and no stroke can be seen; draw the digit with connected, clear strokes")
    largest = labels == most
    far = ndimage.distance_transform_edt(~largest) > 0.1 * max(box(largest)[2:])
    needed = np.full(count + 1, mass[most] / 25)
    needed[rim] = np.inf
    needed[np.unique(labels[~far])] = mass[most] / 300
    return np.where((mass >= needed)[labels], stroke, 0)
