"""What a page shows beyond a report: the network, its samples, and each tensor from near. Values only; no mathematics.

A share is error over what is allowed: above 1, rounding cannot explain it.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.explanation import Step
from reports.table import Picture, Table

LEVELS = 16  # of a heat map, from share 0 to share 1
OUTSIDE, NOTHING = LEVELS, LEVELS + 1  # a share above 1; a number that is not finite


@dataclass(frozen=True)
class Layer:
    """A column of the drawn network. `share` is the largest of its tensors, `worst` names that one."""

    number: int
    name: str
    nodes: int
    activation: str
    share: float | None = None
    worst: str = ""
    passed: bool = True
    link: str = ""


@dataclass(frozen=True)
class Heat:
    """Shares as levels, a byte a cell, row by row; a cell stands for the worst of a block of elements.

    `labels` say which elements the first and the last row and column are.
    """

    rows: int
    columns: int
    levels: bytes
    labels: tuple[str, str, str, str]
    alt: str


@dataclass(frozen=True)
class Scatter:
    """Powers of ten: (magnitude, error) of elements within and outside, -inf for 0; and the bound.

    `bound` has, for bands of magnitude, the smallest and the largest error allowed: (magnitude, low, high).
    """

    within: tuple[tuple[float, float], ...]
    outside: tuple[tuple[float, float], ...]
    bound: tuple[tuple[float, float, float], ...]
    alt: str


@dataclass(frozen=True)
class Bars:
    """A histogram: a label and a count each."""

    bars: tuple[tuple[str, int], ...]
    alt: str


@dataclass(frozen=True)
class Element:
    """One number from near: a name as the essay writes it, the figures, and its derivation, if there is one."""

    name: str
    anchor: str
    by_hand: str
    tensorflow: str
    summary: str
    passed: bool
    step: Step | None = None


@dataclass(frozen=True)
class Closeup:
    """One tensor from near. `corner`: by hand and by TensorFlow, side by side, as the essay prints matrices."""

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
    """All of it. `tensors` are one table a mode: the first is shown, a switch leads to the others."""

    layers: tuple[Layer, ...] = ()
    samples: tuple[Picture, ...] = ()
    tensors: tuple[tuple[str, Table], ...] = ()
    closeups: tuple[Closeup, ...] = ()
    about: str = ""
