"""Read CSV tables: one image per row, first its label, then its pixels; with or without a header line.

The source is one file for both splits (every fifth row belongs to the test split), or a folder with train.csv and
test.csv. The files are plain or .gz.
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
WIDEST = 10_000_000  # the most characters of one cell


def files(folder: Path, split: str) -> list[Path]:
    """Return the CSV files of a split in a folder: train.csv, mnist_train.csv, …."""
    pattern = re.compile(rf"(.*[-_.])?{split}\.csv(\.gz)?")
    return sorted(path for path in folder.iterdir() if pattern.fullmatch(path.name) and path.is_file())


def here(folder: Path) -> bool:
    """Return whether a folder holds CSV files of a split."""
    return any(files(folder, split) for split in ("train", "test"))


def read_folder(folder: Path, split: str) -> Samples:
    """Return the samples of a split of a folder.  Raises Unusable, naming the option or the file."""
    paths = files(folder, split)
    if len(paths) != 1:
        several = "several files like" if paths else "no file"
        raise Unusable(f"--data {folder}: it has {several} {split}.csv (or {split}.csv.gz); one is needed")
    labels, pixels = _table(paths[0])
    others = [path for other in ("train", "test") if other != split for path in files(folder, other)[:1]]
    classes = numbered([*labels, *(label for path in others for label in _labels(path))], f"--data {folder}")
    return checked(pixels, places(labels, classes), classes, f"--data {paths[0]}", _square(pixels.shape[1]))


def read(path: Path, split: str) -> Samples:
    """Return the samples of a split of one file.  Raises Unusable, naming the option or the file."""
    source = f"--data {path}"
    labels, pixels = _table(path)
    classes, part = numbered(labels, source), part_of(len(labels), split)
    if not part.size:
        raise Unusable(f"{source}: it has {len(labels)} rows, and of so few none is for the test (every fifth is)")
    return checked(pixels[part], places(labels, classes)[part], classes, source, _square(pixels.shape[1]))


def _square(count: int) -> tuple[int, ...]:
    """Return the shape of an image with `count` pixels: a square if `count` is a square number, otherwise flat."""
    side = round(count**0.5)
    return (side, side) if side * side == count else (count,)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each line (from 1) and its cells, without empty lines.  Raises Unusable, naming the file."""
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
    """Return the labels [n] as text and the pixels [n, p]: bytes if all are whole numbers, otherwise fractions.

    Raises Unusable, naming the file.
    """
    labels: list[str] = []
    rows: list[NDArray[Any]] = []
    points = False
    total = 0
    for line, cells in _body(path):
        if rows and len(cells) != 1 + len(rows[0]):
            raise Unusable(f"{path}: line {line} has {len(cells)} cells, and the first row {1 + len(rows[0])}")
        values = _numbers(cells[1:], path, line)
        points = points or "." in ",".join(cells[1:])
        whole = np.array_equal(values, np.rint(values)) and values.min() >= 0 and values.max() <= 255
        rows.append(values.astype(np.uint8) if whole else values)
        labels.append(cells[0].strip())
        total += rows[-1].nbytes
        if total > MOST_BYTES:
            raise Unusable(f"--data {path}: more than {MOST_BYTES:,} bytes of pixels")
    if not rows:
        raise Unusable(f"--data {path}: it has no rows; a label and pixels are needed, a row an image")
    whole = all(values.dtype == np.uint8 for values in rows)
    fractions = points and max(values.max() for values in rows) <= 1
    pixels = np.stack(rows)
    return labels, pixels.astype(np.float64) if fractions or not whole else pixels


def _numbers(cells: Sequence[str], path: Path, line: int) -> NDArray[np.float64]:
    """Return the pixels of one row.  Raises Unusable, naming line and column of the first cell that is no number."""
    try:
        values = np.array(cells, dtype=np.float64)
        if np.isfinite(values).all():
            return values
    except ValueError:
        pass
    column, cell = next((i, cell) for i, cell in enumerate(cells, 2) if not _is_number(cell))
    raise Unusable(f"{path}: line {line}, column {column}: {cell[:40]!a} is not a finite number")


def _is_number(cell: str) -> bool:
    """Return whether a cell is a finite number."""
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _body(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows without the header.  Raises Unusable for a row without pixels."""
    for number, (line, cells) in enumerate(_rows(path)):
        if len(cells) < 2:
            raise Unusable(f"{path}: line {line} has {len(cells)} cells; a label and at least one pixel are needed")
        if number or not _is_header(cells):
            yield line, cells


def _is_header(cells: Sequence[str]) -> bool:
    """Return whether the first row is a header.

    A header has names, none of which is a number. A header of pandas has a name and then the numbers of the columns.
    """
    rest = cells[1:]
    if not any(map(_is_number, rest)):
        return any(cell.strip() for cell in rest)
    counted = [[str(i) for i in range(start, start + len(rest))] for start in (0, 1)]
    return rest in counted and len(rest) > 1 and not WHOLE.fullmatch(cells[0].strip())


def _labels(path: Path) -> set[str]:
    """Return the different labels of a file."""
    return {cells[0].strip() for _, cells in _body(path)}
