"""Where the parts of the page's small pictures stand, in units of their view boxes: arithmetic, drawn by templates.

Coordinates are whole numbers, so that the same values give the same bytes on every machine.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image

from reports.detail import LEVELS, NOTHING, OUTSIDE, Bars, Heat, Layer, Scatter

WIDTH, HEIGHT = 320, 200  # of a scatter and a histogram
LEFT, RIGHT, TOP, BELOW = 46, 16, 8, 36
MOST_CROSSES = 60
# from pale to dark: brightness alone tells the levels apart; outside is marked with a cross, too
PALE, DARK, RED, GRAY = (233, 240, 250), (8, 48, 107), (213, 60, 0), (150, 150, 150)


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where, and what it says."""

    at: int
    text: str


@dataclass(frozen=True)
class Plot:
    """Dots and crosses as SVG paths, the band of the bound as a polygon, and the axes' marks."""

    dots: str
    crosses: str
    band: str
    x: tuple[Tick, ...]
    y: tuple[Tick, ...]


@dataclass(frozen=True)
class Bar:
    """A bar's place and size, its label below and its text above."""

    x: int
    y: int
    width: int
    height: int
    label: str
    text: str


@dataclass(frozen=True)
class Column:
    """A layer as drawn: x of its nodes, their y (the last after a gap), and its class of colour from 0 to 4."""

    layer: Layer
    x: int
    nodes: tuple[int, ...]
    gap: int | None
    tone: int


def scatter(value: Scatter) -> Plot:
    """Both axes are powers of ten; an error or magnitude of 0 lies on the lowest mark, which says so."""
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
    across = tuple(Tick(place(at, y_low)[0], text) for at, text in x_ticks)
    return Plot(dots, crosses, band, across, tuple(Tick(place(x_low, at)[1], text) for at, text in y_ticks))


def _axis(values: Iterable[float]) -> tuple[float, float, list[tuple[float, str]]]:
    """Limits, and marks with their texts; the lowest mark is 0 if a value is."""
    known = list(values)
    there = [v for v in known if v > -math.inf]
    zero = len(there) < len(known)
    low, high = (math.floor(min(there)), math.ceil(max(there))) if there else (-1, 0)
    high = max(high, low + 1)
    floor = low - math.ceil((high - low) / 5) if zero else low
    step = max(1, math.ceil((high - low) / 5))
    ticks = [(float(power), f"1e{power:d}") for power in range(low, high + 1, step)]
    if zero:
        ticks.insert(0, (float(floor), "0"))
    return float(floor), float(high), ticks


def bars(value: Bars) -> tuple[Bar, ...]:
    """As wide as there is room; the text is the share of all, or how few."""
    total = sum(count for _, count in value.bars) or 1
    most = max((count for _, count in value.bars), default=0) or 1
    slot = (WIDTH - 2 * RIGHT) / max(1, len(value.bars))
    found = []
    for i, (label, count) in enumerate(value.bars):
        height = round((HEIGHT - 34 - BELOW) * count / most)
        height = max(height, 1) if count else 0
        x = round(RIGHT + i * slot + 0.1 * slot)
        text = "" if not count else f"{count / total:.0%}" if count / total >= 0.01 else f"{count:,}"
        found.append(Bar(x, HEIGHT - BELOW - height, round(0.8 * slot), height, label, text))
    return tuple(found)


def heat(value: Heat) -> bytes:
    """A PNG, a pixel a cell."""
    between = [tuple(round(a + (b - a) * k / (LEVELS - 1)) for a, b in zip(PALE, DARK, strict=True)) for k in range(16)]
    picture = Image.frombytes("P", (value.columns, value.rows), value.levels)
    picture.putpalette([part for colour in (*between, RED, GRAY) for part in colour])
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=False, compress_level=9)
    return file.getvalue()


def crosses(value: Heat) -> list[tuple[float, float]]:
    """Where cells are outside or not finite, in per cent of the picture: the first of them."""
    found = [i for i, level in enumerate(value.levels) if level in (OUTSIDE, NOTHING)][:MOST_CROSSES]
    return [
        (
            round((i % value.columns + 0.5) * 100 / value.columns, 1),
            round((i // value.columns + 0.5) * 100 / value.rows, 1),
        )
        for i in found
    ]


def tone(share: float | None, passed: bool) -> int:
    """A quarter of what is allowed each, and 4 for what rounding cannot explain."""
    if not passed:
        return 4
    return 0 if share is None or math.isnan(share) else min(3, int(share * 4))


def network(layers: tuple[Layer, ...]) -> tuple[Column, ...]:
    """The layers side by side as in the essay's Figure 3: the first nodes, a gap, the last."""
    found = []
    for i, layer in enumerate(layers):
        shown = min(layer.nodes, 5)
        gapped = layer.nodes > 5
        rows = shown + gapped
        top = round(118 - (rows - 1) * 13)
        places = [top + 26 * k for k in range(rows)]
        nodes = tuple(places[:4] + places[5:]) if gapped else tuple(places)
        found.append(Column(layer, 60 + 115 * i, nodes, places[4] if gapped else None, tone(layer.share, layer.passed)))
    return tuple(found)
