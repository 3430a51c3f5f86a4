"""Tables and reports as values: every renderer draws these and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Mark = Literal["", "good", "bad", "open"]


@dataclass(frozen=True)
class Cell:
    """One text; `strong` marks what changed or failed, and never by colour alone.

    The HTML page also shows a `mark` (a sign and a colour) with its reason, `hint`. A text with an address in `link`
    becomes a link: "#" and a place on the page, or a file beside the page.
    """

    text: str
    strong: bool = False
    mark: Mark = ""
    hint: str = ""
    link: str = ""


@dataclass(frozen=True)
class Table:
    """A title, column headers, rows of cells, and a note below. `numeric` columns are aligned to the right.

    A `sortable` table has one item per row: the page can sort its rows and hide those without a strong cell.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    note: str = ""
    sortable: bool = False


@dataclass(frozen=True)
class Columns:
    """A table for programs: columns of equal length by their names, written as the CSV file `name`."""

    name: str
    columns: dict[str, Sequence[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


@dataclass(frozen=True)
class Picture:
    """An SVG or PNG file. `alt` describes it in words for readers who cannot see it; `title` stands above it."""

    name: str
    alt: str
    content: bytes
    title: str = ""


@dataclass(frozen=True)
class Report:
    """The content of a report: a headline, the sentences below it, pictures, and tables in order."""

    headline: str
    passed: bool
    lines: tuple[str, ...]
    tables: tuple[Table, ...]
    pictures: tuple[Picture, ...] = ()
