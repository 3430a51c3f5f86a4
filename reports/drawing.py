"""Compute the coordinates of the page's small pictures, in units of their view boxes; templates draw them.

Coordinates are whole numbers, so that the same values give the same bytes on every machine.
"""

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image

from reports.detail import LEVELS, NOT_FINITE, OUTSIDE, Bars, Heat, LayerDrawing, Scatter

WIDTH, HEIGHT = 320, 200  # of the view box of a scatter plot and of a histogram
LEFT, RIGHT, TOP, BELOW = 46, 16, 8, 36
MOST_CROSSES = 60
# from pale to dark: the levels differ in brightness; cells outside the bound also have a cross
PALE, DARK, RED, GRAY = (233, 240, 250), (8, 48, 107), (213, 60, 0), (150, 150, 150)


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its position and its text."""

    position: int
    text: str


@dataclass(frozen=True)
class Plot:
    """A scatter plot: dots and crosses as SVG paths, the band of the bound as a polygon, and the marks of the axes."""

    dots: str
    crosses: str
    band: str
    x: tuple[Tick, ...]
    y: tuple[Tick, ...]


@dataclass(frozen=True)
class Bar:
    """The position and size of a bar, the label below it and the text above it."""

    x: int
    y: int
    width: int
    height: int
    label: str
    text: str


@dataclass(frozen=True)
class Column:
    """A layer as drawn: x and y of its nodes, y of the gap before the last, and its colour from 0 to 4.

    `before`: it reads the column before it. `skips` has an SVG path from each other column that it reads.
    """

    layer: LayerDrawing
    x: int
    nodes: tuple[int, ...]
    gap: int | None
    tone: int
    before: bool
    skips: tuple[str, ...]


def scatter(value: Scatter) -> Plot:
    """Return a scatter plot with logarithmic axes; an error or magnitude of 0 lies at the lowest mark, "0"."""
    points = [*value.within, *value.outside]
    heights = [y for _, y in points] + [y for _, *ends in value.bound for y in ends]
    x_low, x_high, x_ticks = _axis([x for x, _ in points])
    y_low, y_high, y_ticks = _axis(heights)

    def place(x: float, y: float) -> tuple[int, int]:
        across = (max(x, x_low + 0.04 * (x_high - x_low)) - x_low) / (x_high - x_low)
        up = (max(y, y_low + 0.04 * (y_high - y_low)) - y_low) / (y_high - y_low)
        return round(LEFT + across * (WIDTH - LEFT - RIGHT)), round(HEIGHT - BELOW - up * (HEIGHT - TOP - BELOW))

    dots = "".join(f"M{x} {y}h0" for x, y in sorted({place(*p) for p in value.within}))
    crosses = "".join(f"M{x - 4} {y - 4}l8 8m0-8l-8 8" for x, y in sorted({place(*p) for p in value.outside}))
    upper = [place(x, high) for x, _, high in value.bound]
    lower = [place(x, low) for x, low, _ in reversed(value.bound)]
    band = " ".join(f"{x},{y}" for x, y in upper + lower)
    x_marks = tuple(Tick(place(x, y_low)[0], text) for x, text in x_ticks)
    y_marks = tuple(Tick(place(x_low, y)[1], text) for y, text in y_ticks)
    return Plot(dots, crosses, band, x_marks, y_marks)


def _axis(values: Iterable[float]) -> tuple[float, float, list[tuple[float, str]]]:
    """Return the limits of an axis, and its marks with their texts; the lowest mark is "0" if a value is 0."""
    powers = list(values)
    finite = [v for v in powers if v > -math.inf]
    zero = len(finite) < len(powers)
    low, high = (math.floor(min(finite)), math.ceil(max(finite))) if finite else (-1, 0)
    high = max(high, low + 1)
    floor = low - math.ceil((high - low) / 5) if zero else low
    step = max(1, math.ceil((high - low) / 5))
    ticks = [(float(power), f"1e{power:d}") for power in range(low, high + 1, step)]
    if zero:
        ticks.insert(0, (float(floor), "0"))
    return float(floor), float(high), ticks


def bars(value: Bars) -> tuple[Bar, ...]:
    """Return the bars of a histogram; a bar's text is its share of all, or its count if the share is below 1%."""
    total = sum(count for _, count in value.bars) or 1
    most = max((count for _, count in value.bars), default=0) or 1
    slot = (WIDTH - 2 * RIGHT) / max(1, len(value.bars))
    rectangles = []
    for i, (label, count) in enumerate(value.bars):
        height = max(1, round((HEIGHT - 34 - BELOW) * count / most)) if count else 0
        text = "" if not count else f"{count / total:.0%}" if count / total >= 0.01 else f"{count:,}"
        x = round(RIGHT + i * slot + 0.1 * slot)
        rectangles.append(Bar(x, HEIGHT - BELOW - height, round(0.8 * slot), height, label, text))
    return tuple(rectangles)


def heat(value: Heat) -> bytes:
    """Return a heat map as a PNG file with one pixel for each cell."""
    picture = Image.frombytes("P", (value.columns, value.rows), value.levels)
    ramp = [round(a + (b - a) * k / (LEVELS - 1)) for k in range(LEVELS) for a, b in zip(PALE, DARK, strict=True)]
    picture.putpalette([*ramp, *RED, *GRAY])
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=False, compress_level=9)
    return file.getvalue()


def crosses(value: Heat) -> list[tuple[float, float]]:
    """Return the positions of the first cells that are outside or not finite, in per cent of the picture."""
    cells = [divmod(i, value.columns) for i, level in enumerate(value.levels) if level in (OUTSIDE, NOT_FINITE)]
    return [
        (round((column + 0.5) * 100 / value.columns, 1), round((row + 0.5) * 100 / value.rows, 1))
        for row, column in cells[:MOST_CROSSES]
    ]


def tone(ratio: float | None, passed: bool) -> int:
    """Return the colour of a layer: 0 to 3 for each quarter of the bound, 4 if rounding cannot explain the error."""
    if not passed:
        return 4
    return 0 if ratio is None or not math.isfinite(ratio) else min(3, int(ratio * 4))


def network(layers: tuple[LayerDrawing, ...]) -> tuple[Column, ...]:
    """Return the layers side by side, as in the essay's Figure 3: the first nodes, a gap, and the last node."""
    columns = []
    for i, layer in enumerate(layers):
        rows = min(layer.nodes, 6)
        heights = [118 - (rows - 1) * 13 + 26 * k for k in range(rows)]
        gap = heights.pop(4) if layer.nodes > 5 else None
        x, far = 60 + 115 * i, [number for number in layer.reads if number < layer.number - 1]
        skips = tuple(f"M{60 + 115 * j} 118Q{(60 + 115 * j + x) // 2} {250} {x} 118" for j in far)
        before = layer.number - 1 in layer.reads
        columns.append(Column(layer, x, tuple(heights), gap, tone(layer.ratio, layer.passed), before, skips))
    return tuple(columns)


def extra_height(layers: tuple[LayerDrawing, ...]) -> int:
    """Return by how much the drawing is higher than usual: a line for each part of a layer behind the first."""
    return 17 * max((len(layer.parts) - 1 for layer in layers), default=0)
