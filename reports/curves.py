"""Line plots as values, drawn as SVG by matplotlib.

The same panels give the same bytes: the file holds no date and no version, user settings have no effect, and texts are
measured only with the font that comes with matplotlib.
"""

from __future__ import annotations

import io
import math
import re
import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from reports import scale
from reports.table import Picture

if TYPE_CHECKING:  # importing matplotlib takes half a second, so only `draw` does it
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Style = Literal["broad blue", "broad orange", "dashed blue", "dashed orange", "solid green", "dotted purple", "limit"]


@dataclass(frozen=True)
class Curve:
    """One line through the points (x, y), in the order given; a value that is not finite makes a gap.

    Styles differ in colour, width, dashes and marker. Where a dashed line lies on a broad one, both
    remain visible. "limit" is for a bound, a line of two points.
    """

    label: str
    x: Sequence[float]
    y: Sequence[float]
    style: Style = "solid green"


@dataclass(frozen=True)
class Panel:
    """One plot. With `log_y` a zero is drawn at a mark "0" below the powers of ten, and a negative value is a gap."""

    title: str
    x_label: str
    y_label: str
    lines: tuple[Curve, ...]
    log_y: bool = False


@dataclass(frozen=True)
class Pen:
    """How a style is drawn: width and size in points, dashes in multiples of the width."""

    colour: str
    width: float
    dashes: Any
    marker: str
    size: float


PENS: dict[Style, Pen] = {  # the colours of Okabe and Ito, which colour-blind readers can tell apart
    "broad blue": Pen("#56B4E9", 4.5, "solid", "o", 8),
    "broad orange": Pen("#E69F00", 4.5, "solid", "s", 7.5),
    "dashed blue": Pen("#0072B2", 1.3, (0, (4, 2.5)), "x", 5),
    "dashed orange": Pen("#A33F00", 1.3, (0, (2, 2)), "+", 6.5),  # their vermilion, darkened: it is drawn on the orange
    "solid green": Pen("#009E73", 1.5, "solid", "D", 4.5),
    "dotted purple": Pen("#CC79A7", 1.8, (0, (1, 1.5)), "^", 6),
    "limit": Pen("#000000", 1, (0, (6, 2, 1, 2)), "", 0),
}
SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "by hand",
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],  # for measuring; a reader who lacks it sees another sans-serif font
    "text.parse_math": False,
    "text.usetex": False,
    "path.sketch": None,
    "legend.frameon": False,
}
NOTHING_ADDED = {"Date": None, "Creator": None, "Format": None, "Type": None}

# In points of 1/72 inch. 468 points are 624 pixels: panels of this width can be read on a phone, too.
WIDTH, LEFT, RIGHT, PLOT, BELOW = 468.0, 56.0, 14.0, 132.0, 46.0
TITLE, ROW = 17.0, 14.5
GRAY = "#444444"

MOST_IN_ALL = 10_000  # points of a picture, about 25 bytes each
FEW, MANY = 30, 300  # up to FEW points all have markers; a line of more than MANY points is drawn thinner
FILLED = ("o", "s", "D", "^")  # markers that have an inside


def draw(panels: Sequence[Panel], name: str, alt: str, title: str = "") -> Picture:
    """Return the panels, one below the other, as an SVG picture on a white ground.

    Raises ValueError if there are no panels, if the name does not end in .svg, or if x and y differ in length.
    """
    if not panels or not name.endswith(".svg"):
        raise ValueError(f"a picture needs a panel and a name that ends in .svg, not {len(panels)} and {name!r}")
    from matplotlib import style

    file = io.BytesIO()
    with style.context(["default", SETTINGS]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph ")  # the reader's font may have the missing glyph
        _figure(panels).savefig(file, format="svg", metadata={"Title": _plain(alt), **NOTHING_ADDED})
    return Picture(name, alt, file.getvalue(), title)


def _figure(panels: Sequence[Panel]) -> Figure:
    from matplotlib.figure import Figure

    above = [_above(panel) for panel in panels]
    whole = sum(above) + len(panels) * (PLOT + BELOW)
    figure = Figure(figsize=(WIDTH / 72, whole / 72), facecolor="white")
    most = max(50, min(scale.MOST, MOST_IN_ALL // max(1, sum(len(panel.lines) for panel in panels))))
    top = whole
    for panel, head in zip(panels, above, strict=True):
        rectangle = (LEFT / WIDTH, (top - head - PLOT) / whole, (WIDTH - LEFT - RIGHT) / WIDTH, PLOT / whole)
        axes = figure.add_axes(rectangle)
        _write_texts(axes, panel)
        _plot_panel(axes, panel, most)
        top -= head + PLOT + BELOW
    return figure


def _above(panel: Panel) -> float:
    """Return the height of what stands above the axes: title, legend, and the name of the y axis."""
    return 14 + TITLE * len(_title(panel)) + ROW * _legend(panel)[1] + 27


def _title(panel: Panel) -> list[str]:
    return _wrapped(panel.title, 54)


def _legend(panel: Panel) -> tuple[list[str], int, int]:
    """Return the labels, the number of rows they take, and the number of columns."""
    labels = [_wrapped(line.label + _absence(line, panel.log_y), 62) or [""] for line in panel.lines]
    columns = 2 if len(labels) > 1 and all(len(text) == 1 and len(text[0]) <= 27 for text in labels) else 1
    rows = -(-len(labels) // 2) if columns == 2 else sum(len(text) for text in labels)
    return ["\n".join(text) for text in labels], rows, columns


def _absence(line: Curve, log_y: bool) -> str:
    return " (no points)" if all(math.isnan(y) for _, y in scale.points(line.x, line.y, log_y)) else ""


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(_plain(text), width, max_lines=3, placeholder=" …")


def _plain(text: str) -> str:
    """Return the text on one line; characters that XML cannot hold are replaced."""
    return " ".join(re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text).split())


def _write_texts(axes: Axes, panel: Panel) -> None:
    """Write the title and the names of the axes, at positions that do not depend on the font."""
    head = _above(panel) - 14
    for row, text in enumerate(_title(panel)):
        _annotate(axes, text, (0, 1), (14 - LEFT, head - 12 - row * TITLE), fontsize=12, fontweight="bold")
    for text in _wrapped(panel.y_label, 70)[:1]:
        _annotate(axes, text, (0, 1), (14 - LEFT, 9), color=GRAY, fontsize=10)
    for text in _wrapped(panel.x_label, 70)[:1]:
        _annotate(axes, text, (0.5, 0), (0, -31), color=GRAY, fontsize=10, horizontalalignment="center")


def _annotate(axes: Axes, text: str, corner: tuple[float, float], offset: tuple[float, float], **style: Any) -> None:
    axes.annotate(text, corner, offset, "axes fraction", "offset points", annotation_clip=False, **style)


def _plot_panel(axes: Axes, panel: Panel, most: int) -> None:
    """Draw the lines, their legend, and axes with marks that fit them."""
    drawn = [scale.points(line.x, line.y, panel.log_y) for line in panel.lines]
    heights = [y for points in drawn for _, y in points if not math.isnan(y)]
    floor = math.floor(min((y for y in heights if y > -math.inf), default=0.0)) - 1.0
    for line, points in zip(panel.lines, drawn, strict=True):
        _line(axes, line, [(x, max(y, floor) if panel.log_y else y) for x, y in scale.thinned(points, most)])
    _axes_and_grid(axes)
    across = [x for points in drawn for x, _ in points if not math.isnan(x)]
    _draw_legend(axes, panel)
    if not heights:
        axes.set(xticks=[], yticks=[])
        return
    x_limits = scale.limits(across)
    y_limits = scale.decades(heights, floor) if panel.log_y else scale.limits(scale.from_zero(heights), narrowest=1e-3)
    axes.set(xlim=x_limits, ylim=y_limits)
    axes.set_xticks(*scale.marks(*x_limits, 7, whole=all(x == int(x) for x in across)))
    axes.set_yticks(*(scale.powers(*y_limits, zero=-math.inf in heights) if panel.log_y else scale.marks(*y_limits, 5)))


def _line(axes: Axes, line: Curve, points: scale.Points) -> None:
    """Draw one line; with many points it is thinner, so that it does not fill the panel."""
    pen = PENS[line.style]
    marked = _marked(points, bool(pen.marker))
    axes.plot(
        [x for x, _ in points],
        [y for _, y in points],
        color=pen.colour,
        linewidth=pen.width if len(points) <= MANY else pen.width * 0.6,
        linestyle=pen.dashes,
        marker=pen.marker or ("_" if marked else ""),
        markersize=pen.size or 8,
        markeredgecolor="white" if pen.marker in FILLED else pen.colour,
        markeredgewidth=0.7 if pen.marker in FILLED else 1.2,
        markevery=marked,
        zorder=2 + 1 / pen.width,  # broad lines below thin ones
        solid_joinstyle="round",
    )


def _marked(points: scale.Points, regularly: bool) -> list[int]:
    """Return which points have a marker: all of few, about eight of many, and each point without a neighbour."""
    gaps = [True, *(math.isnan(y) for _, y in points), True]
    isolated = {i for i in range(len(points)) if gaps[i] and gaps[i + 2] and not gaps[i + 1]}
    step = 1 if len(points) <= FEW else len(points) // 8
    return sorted(isolated | set(range(step // 2, len(points), step) if regularly else ()))


def _axes_and_grid(axes: Axes) -> None:
    """Draw two thin axes and a faint horizontal grid."""
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set(linewidth=0.6, color=GRAY)
    axes.tick_params(width=0.6, length=3, color=GRAY, labelcolor=GRAY, labelsize=10)
    axes.grid(axis="y", color="#E4E4E4", linewidth=0.6)
    axes.set_axisbelow(True)


def _draw_legend(axes: Axes, panel: Panel) -> None:
    """Draw the legend between title and axes, where it hides nothing."""
    labels, _, columns = _legend(panel)
    if not labels:
        return
    corner = ((14 - LEFT) / (WIDTH - LEFT - RIGHT), 1 + 24 / PLOT)
    close = {"borderpad": 0, "borderaxespad": 0, "labelspacing": 0.3, "columnspacing": 2.5, "handlelength": 3.2}
    axes.legend(axes.lines, labels, loc="lower left", bbox_to_anchor=corner, ncols=columns, fontsize=10, **close)
