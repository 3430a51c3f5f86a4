"""Columns to CSV. Floats are written by `repr`: the shortest text that gives the same float64 back."""

from __future__ import annotations

import csv
import io

from reports.table import Columns


def render(table: Columns) -> bytes:
    """UTF-8, comma, line feed; a header line first."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(zip(*table.columns.values(), strict=True))
    return buffer.getvalue().encode()
