"""Write columns as CSV. A float is written by `repr`: the shortest text that reads back as the same float64.

Text is made plain and cannot be run as a formula by a spreadsheet. Numbers are never changed.
"""

import csv
import io
from typing import Any

from reports.plain import no_formula, plain
from reports.table import Columns


def render(table: Columns) -> bytes:
    """Return the columns as CSV: UTF-8, commas, line feeds, a header line first."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(map(_cell, table.columns))
    writer.writerows(map(_cell, row) for row in zip(*table.columns.values(), strict=True))
    return buffer.getvalue().encode()


def _cell(value: Any) -> Any:
    return no_formula(plain(value)) if isinstance(value, str) else value
