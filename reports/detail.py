"""The parts of a page beyond its report: the network, the samples, and the details of each tensor, all as values.

A ratio is error ÷ bound: if it is above 1, rounding cannot explain the error.
"""

from dataclasses import dataclass

from reports.explanation import Step
from reports.table import Picture, Table

LEVELS = 16  # the colours of a heat map, from ratio 0 to ratio 1
OUTSIDE, NOT_FINITE = LEVELS, LEVELS + 1  # levels of a ratio above 1, and of a number that is not finite


@dataclass(frozen=True)
class LayerDrawing:
    """A layer in the drawing of the network. `ratio` is the largest of its tensors, `worst` names that tensor.

    `parts` are what the layer consists of behind its weights: the activation, then what follows. `size` is the shape of
    one example as text. `reads` are the numbers of the layers that it reads.
    """

    number: int
    name: str
    nodes: int
    parts: tuple[str, ...]
    ratio: float | None = None
    worst: str = ""
    passed: bool = True
    link: str = ""
    size: str = ""
    reads: tuple[int, ...] = ()


@dataclass(frozen=True)
class Heat:
    """Ratios as levels, one byte per cell, row by row; a cell shows the largest ratio of a block of elements.

    `labels` name the elements in the first and last row and in the first and last column.
    """

    rows: int
    columns: int
    levels: bytes
    labels: tuple[str, str, str, str]
    alt: str


@dataclass(frozen=True)
class Scatter:
    """Points (magnitude, error) of elements within and outside their bound, all as log10; -inf stands for 0.

    `bound` has, for each band of magnitudes, the smallest and the largest bound: (magnitude, low, high).
    """

    within: tuple[tuple[float, float], ...]
    outside: tuple[tuple[float, float], ...]
    bound: tuple[tuple[float, float, float], ...]
    alt: str


@dataclass(frozen=True)
class Bars:
    """A histogram: each bar has a label and a count."""

    bars: tuple[tuple[str, int], ...]
    alt: str


@dataclass(frozen=True)
class Element:
    """The details of one number: its name as the essay writes it, its values, and its derivation, if there is one."""

    name: str
    anchor: str
    by_hand: str
    tensorflow: str
    summary: str
    passed: bool
    step: Step | None = None


@dataclass(frozen=True)
class TensorView:
    """The details of one tensor. `corner` shows it by hand and by TensorFlow, as the essay prints matrices."""

    tensor: str
    anchor: str
    layer: int
    title: str
    sentence: str
    verdict: str
    passed: bool
    heat: Heat | None = None
    scatter: Scatter | None = None
    ulps: Bars | None = None
    corner: tuple[Table, ...] = ()
    elements: tuple[Element, ...] = ()


@dataclass(frozen=True)
class Detail:
    """The details of a page. `tensors` has one table for each mode: the first is shown, a switch shows the others."""

    layers: tuple[LayerDrawing, ...] = ()
    samples: tuple[Picture, ...] = ()
    tensors: tuple[tuple[str, Table], ...] = ()
    views: tuple[TensorView, ...] = ()
    about: str = ""
