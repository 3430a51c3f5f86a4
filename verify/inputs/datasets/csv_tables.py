"""CSV: a row an image, its label first, then the pixels; with a header line or without.

One file for both splits (every fifth row is for the test), or a folder with train.csv and test.csv; plain or .gz.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.errors import Unusable
from verify.inputs.datasets.labels import MOST_BYTES, WHOLE, checked, numbered, part_of, places
from verify.records.samples import Samples

ENDINGS = (".csv", ".csv.gz")
WIDEST = 10_000_000  # characters of a line


def files(folder: Path, split: str) -> list[Path]:
    """train.csv, mnist_train.csv, … of a folder."""
    pattern = re.compile(rf"(.*[-_.])?{split}\.csv(\.gz)?")
    return sorted(path for path in folder.iterdir() if pattern.fullmatch(path.name) and path.is_file())


def here(folder: Path) -> bool:
    """Whether a folder is one of CSV files."""
    return any(files(folder, split) for split in ("train", "test"))


def read_folder(folder: Path, split: str) -> Samples:
    """The samples of a split.  Raises Unusable, naming the option or the file."""
    found = files(folder, split)
    if len(found) != 1:
        several = "several files like" if found else "no file"
        raise Unusable(f"--data {folder}: it has {several} {split}.csv (or {split}.csv.gz); one is needed")
    labels, pixels = _table(found[0])
    others = [path for other in ("train", "test") if other != split for path in files(folder, other)[:1]]
    classes = numbered([*labels, *(label for path in others for label in _labels(path))], f"--data {folder}")
    return checked(pixels, places(labels, classes), classes, f"--data {found[0]}", _square(pixels.shape[1]))


def read(path: Path, split: str) -> Samples:
    """The samples of a split of one file.  Raises Unusable, naming the option or the file."""
    source = f"--data {path}"
    labels, pixels = _table(path)
    classes, part = numbered(labels, source), part_of(len(labels), split)
    if not part.size:
        raise Unusable(f"{source}: it has {len(labels)} rows, and of so few none is for the test (every fifth is)")
    return checked(pixels[part], places(labels, classes)[part], classes, source, _square(pixels.shape[1]))


def _square(count: int) -> tuple[int, ...]:
    """A row has no shape: pixels of a square, if their number is one."""
    side = round(count**0.5)
    return (side, side) if side * side == count else (count,)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The number of a line, from 1, and its cells; empty lines are passed over."""
    if path.stat().st_size > MOST_BYTES:
        raise Unusable(f"--data {path}: more than {MOST_BYTES:,} bytes")
    csv.field_size_limit(WIDEST)
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else open(path, "rb") as raw:
            reader = csv.reader(io.TextIOWrapper(raw, "utf-8-sig", newline=""), strict=True)
            yield from ((reader.line_num, row) for row in reader if row)
    except (OSError, EOFError, zlib.error) as error:
        raise Unusable(f"{path}: truncated or damaged; it cannot be read to its end") from error
    except (csv.Error, UnicodeDecodeError, ValueError) as error:
        raise Unusable(f"{path}: not a table of comma-separated text in UTF-8") from error


def _table(path: Path) -> tuple[list[str], NDArray[Any]]:
    """Labels [n] as text, and pixels [n, p]: bytes if all are whole numbers, otherwise fractions."""
    labels: list[str] = []
    found: list[NDArray[Any]] = []
    points = False
    total = 0
    for line, cells in _body(path):
        if found and len(cells) != 1 + len(found[0]):
            raise Unusable(f"{path}: line {line} has {len(cells)} cells, and the first row {1 + len(found[0])}")
        values = _numbers(cells[1:], path, line)
        points = points or "." in ",".join(cells[1:])
        whole = np.array_equal(values, np.rint(values)) and values.min() >= 0 and values.max() <= 255
        found.append(values.astype(np.uint8) if whole else values)
        labels.append(cells[0].strip())
        total += found[-1].nbytes
        if total > MOST_BYTES:
            raise Unusable(f"--data {path}: more than {MOST_BYTES:,} bytes of pixels")
    if not found:
        raise Unusable(f"--data {path}: it has no rows; a label and pixels are needed, a row an image")
    whole = all(values.dtype == np.uint8 for values in found)
    fractions = points and max(values.max() for values in found) <= 1
    pixels = np.stack(found)
    return labels, pixels.astype(np.float64) if fractions or not whole else pixels


def _numbers(cells: Sequence[str], path: Path, line: int) -> NDArray[np.float64]:
    """The pixels of one row.  Raises Unusable, naming line and column of the first cell that is no number."""
    try:
        values = np.array(cells, dtype=np.float64)
        if np.isfinite(values).all():
            return values
    except ValueError:
        pass
    column, cell = next((i, cell) for i, cell in enumerate(cells, 2) if not _is_number(cell))
    raise Unusable(f"{path}: line {line}, column {column}: {ascii(cell[:40])} is not a finite number")


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _body(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows without the header, each with a pixel at least."""
    for number, (line, cells) in enumerate(_rows(path)):
        if len(cells) < 2:
            raise Unusable(f"{path}: line {line} has {len(cells)} cells; a label and at least one pixel are needed")
        if number or not _is_header(cells):
            yield line, cells


def _is_header(cells: Sequence[str]) -> bool:
    """Names, of which none is a number; or pandas's: a name, then the numbers of the columns."""
    rest = cells[1:]
    if not any(map(_is_number, rest)):
        return any(cell.strip() for cell in rest)
    counted = [[str(i) for i in range(start, start + len(rest))] for start in (0, 1)]
    return rest in counted and len(rest) > 1 and not WHOLE.fullmatch(cells[0].strip())


def _labels(path: Path) -> set[str]:
    """Those of the other split, of which nothing else is needed."""
    return {cells[0].strip() for _, cells in _body(path)}
