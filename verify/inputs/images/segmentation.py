"""From brightness to ink: what is stroke, and how much of it in each pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verify.errors import Unusable
from verify.inputs.images.centering import BOX, as_in_mnist, box
from verify.inputs.images.grayscale import Floats


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
    zoom = max(1.0, max(box(_without_specks(strong.astype(np.float64)))[2:]) / BOX)
    full = float(np.percentile(contrast[strong], 90 if zoom > 1 else 100))
    # MNIST began in black and white and got its greys by being made smaller. A large picture is brought near to
    # black and white likewise, which takes shading and noise away; in a small one the greys are the edges.
    half = 0.5 / min(zoom, 4.0)
    low = max(0.5 - half, min(0.4, doubt + 3 * noise / full))
    soft: Floats = ((contrast / full - low) / (0.5 + half - low)).clip(0, 1)
    return soft if as_in_mnist(soft) else _without_specks(soft)


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
    from scipy import ndimage  # only a picture needs it, and importing it takes a fifth of a second

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
    away = ndimage.distance_transform_edt(~largest) > 0.1 * max(box(largest)[2:])
    needed = np.full(count + 1, mass[most] / 25)
    needed[rim] = np.inf
    needed[np.unique(labels[~away])] = mass[most] / 300
    return np.where((mass >= needed)[labels], stroke, 0)
