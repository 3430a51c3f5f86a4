"""Columns to CSV. Floats are written by `repr`: the shortest text that gives the same float64 back.

Text is plain, and nothing that a spreadsheet would run; numbers are never touched.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from reports.plain import no_formula, plain
from reports.table import Columns


def render(table: Columns) -> bytes:
    """UTF-8, comma, line feed; a header line first."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(map(_cell, table.columns))
    writer.writerows(map(_cell, row) for row in zip(*table.columns.values(), strict=True))
    return buffer.getvalue().encode()


def _cell(value: Any) -> Any:
    return no_formula(plain(value)) if isinstance(value, str) else value
