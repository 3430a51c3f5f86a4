"""Compare a trace and make the result of it."""

from __future__ import annotations

from dataclasses import replace

from reports.table import Columns, Table
from verify.compare.power import power
from verify.compare.tensor import Tolerance
from verify.compare.walk import Compared, compare
from verify.compare.wording import DERIVED
from verify.errors import Unverifiable
from verify.essay import tables as essay_tables
from verify.records.trace import Trace
from verify.results.result import Result

STRUCTURE = ("missing", "extra", "shape", "dtype")


def judge(command: str, held: Trace, tolerance: Tolerance | None, full: bool = False) -> Result:
    """Compare a trace; the result with its tables.  Raises Unverifiable if there was nothing to compare."""
    compared = compare(held, command, tolerance)
    policy = f"rtol {tolerance.rtol:g} and atol {tolerance.atol:g}" if tolerance else DERIVED
    tables, data = _tables(command, held, compared, full)
    result = Result(
        command, held.settings, held.environment, compared.comparisons, policy, tables, data, compared=compared,
        tolerance=tolerance,
    )  # fmt: skip
    if result.passed:
        result = replace(result, power=power(compared.walk, tolerance))
    if not result.elements and result.first_divergence is None:
        raise Unverifiable("nothing was compared")
    return result


def _tables(command: str, held: Trace, compared: Compared, full: bool) -> tuple[tuple[Table, ...], tuple[Columns, ...]]:
    """The essay's tables; none where the trace lacks what they are made of."""
    if any(c.verdict in STRUCTURE for c in compared.comparisons):
        return (), ()
    if command == "feedforward":
        table, columns = essay_tables.table_3(held, compared.by_hand[0])
        return (table,), (columns,)
    made = list(essay_tables.update_tables(held, compared.by_hand[-1], compared.comparisons, full))
    return tuple(table for table, _ in made), tuple(columns for _, columns in made)
