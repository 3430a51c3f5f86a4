"""Read CSV tables: one image per row, first its label, then its pixels; with or without a header line.

The source is one file for both splits (every fifth row belongs to the test split), or a folder with train.csv and
test.csv. The files are plain or .gz.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from verify.errors import Unusable
from verify.inputs.datasets import common
from verify.records.precision import Floats
from verify.records.samples import Samples
from verify.records.trace import Array

ENDINGS = (".csv", ".csv.gz")
SPLITS = ("train", "test")
WIDEST = 10_000_000  # the most characters of one cell


def recognises(folder: Path) -> bool:
    """Return whether a folder holds CSV files of a split: train.csv, mnist_train.csv, …."""
    return any(common.matching(folder, rf"{split}\.csv") for split in SPLITS)


def read_folder(folder: Path, split: str) -> Samples:
    """Return the samples of a split of a folder.  Raises Unusable, naming the option or the file."""
    path = common.only_one(common.matching(folder, rf"{split}\.csv"), folder, f"{split}.csv")
    labels, pixels = _table(path)
    others = [other for name in SPLITS if name != split for other in common.matching(folder, rf"{name}\.csv")[:1]]
    other_labels = {cells[0].strip() for other in others for _, cells in _rows(other)}
    classes = common.class_names([*labels, *other_labels], f"--data {folder}")
    return common.to_samples(
        pixels, common.class_indices(labels, classes), classes, f"--data {path}", _image_shape(pixels)
    )


def read(path: Path, split: str) -> Samples:
    """Return the samples of a split of one file.  Raises Unusable, naming the option or the file."""
    source = f"--data {path}"
    labels, pixels = _table(path)
    classes, indices = common.class_names(labels, source), common.indices_of_split(len(labels), split)
    if not indices.size:
        raise Unusable(f"{source}: it has {len(labels)} rows, and of so few none is for the test (every fifth is)")
    shape = _image_shape(pixels)
    return common.to_samples(pixels[indices], common.class_indices(labels, classes)[indices], classes, source, shape)


def _image_shape(pixels: Array) -> tuple[int, ...]:
    """Return the shape of one image: a square if the number of pixels is a square number, otherwise flat."""
    count = pixels.shape[1]
    side = round(count**0.5)
    return (side, side) if side * side == count else (count,)


def _table(path: Path) -> tuple[list[str], Array]:
    """Return the labels [n] as text and the pixels [n, p]: bytes if all are whole numbers, otherwise fractions.

    Raises Unusable, naming the file.
    """
    labels: list[str] = []
    rows: list[Array] = []
    has_points, size = False, 0
    for line, cells in _rows(path):
        if rows and len(cells) != 1 + len(rows[0]):
            raise Unusable(f"{path}: line {line} has {len(cells)} cells, and the first row {1 + len(rows[0])}")
        values = _numbers(cells[1:], path, line)
        whole = np.array_equal(values, np.rint(values)) and values.min() >= 0 and values.max() <= 255
        rows.append(values.astype(np.uint8) if whole else values)  # bytes take an eighth of the memory
        labels.append(cells[0].strip())
        has_points = has_points or "." in ",".join(cells[1:])
        size += rows[-1].nbytes
        if size > common.MOST_BYTES:
            raise Unusable(f"--data {path}: more than {common.MOST_BYTES:,} bytes of pixels")
    if not rows:
        raise Unusable(f"--data {path}: it has no rows; a label and pixels are needed, a row an image")
    pixels = np.stack(rows)
    fractions = has_points and pixels.max() <= 1
    return labels, pixels.astype(np.float64) if fractions else pixels


def _numbers(cells: Sequence[str], path: Path, line: int) -> Floats:
    """Return the pixels of one row.  Raises Unusable, naming line and column of the first cell that is no number."""
    with suppress(ValueError):
        values = np.array(cells, dtype=np.float64)
        if np.isfinite(values).all():
            return values
    column, cell = next((i, cell) for i, cell in enumerate(cells, 2) if not _is_number(cell))
    raise Unusable(f"{path}: line {line}, column {column}: {cell[:40]!a} is not a finite number")


def _is_number(cell: str) -> bool:
    """Return whether a cell is a finite number."""
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each line (from 1) and its cells, without empty lines and without the header.

    Raises Unusable, naming the file, if it is no table or a row has no pixels.
    """
    if path.stat().st_size > common.MOST_BYTES:
        raise Unusable(f"--data {path}: more than {common.MOST_BYTES:,} bytes")
    csv.field_size_limit(WIDEST)
    try:
        with common.opened(path) as file:
            reader = csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline=""), strict=True)
            for number, cells in enumerate(filter(None, reader)):
                if len(cells) < 2:
                    needed = "a label and at least one pixel are needed"
                    raise Unusable(f"{path}: line {reader.line_num} has {len(cells)} cells; {needed}")
                if number or not _is_header(cells):
                    yield reader.line_num, cells
    except (csv.Error, ValueError) as error:
        raise Unusable(f"{path}: not a table of comma-separated text in UTF-8") from error


def _is_header(cells: Sequence[str]) -> bool:
    """Return whether the first row is a header.

    A header has names, none of which is a number. A header of pandas has a name and then the numbers of the columns.
    """
    rest = cells[1:]
    if not any(map(_is_number, rest)):
        return any(cell.strip() for cell in rest)
    column_numbers = [[str(i) for i in range(start, start + len(rest))] for start in (0, 1)]
    return rest in column_numbers and len(rest) > 1 and not common.WHOLE.fullmatch(cells[0].strip())
