"""A table to be read, as a value: every renderer draws this and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Mark = Literal["", "good", "bad", "open"]


@dataclass(frozen=True)
class Cell:
    """One text; `strong` marks what changed or failed, and is never told by colour alone.

    The page also shows a `mark` (a sign and a colour) with its reason, `hint`, and makes a link of a text that
    has an address in `link`: "#" and a place on the page, or a file beside it.
    """

    text: str
    strong: bool = False
    mark: Mark = ""
    hint: str = ""
    link: str = ""


@dataclass(frozen=True)
class Table:
    """A title, column heads, rows of cells, and a note below. `numeric` columns are set flush right.

    A `sortable` one holds one thing a row: the page can put its rows in another order, and leave out those in
    which nothing is strong.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()
    note: str = ""
    sortable: bool = False


@dataclass(frozen=True)
class Columns:
    """A table for programs: columns of equal length by name, written as CSV under `name`."""

    name: str
    columns: dict[str, Sequence[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))


@dataclass(frozen=True)
class Picture:
    """An SVG or PNG file. `alt` says in words what it shows, for whoever cannot see it; `title` stands above."""

    name: str
    alt: str
    content: bytes
    title: str = ""


@dataclass(frozen=True)
class Report:
    """What a report shows: headline, the sentences under it, pictures, and tables in order."""

    headline: str
    passed: bool
    lines: tuple[str, ...]
    tables: tuple[Table, ...]
    pictures: tuple[Picture, ...] = ()
