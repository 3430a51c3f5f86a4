"""Compare a trace with its equations and return the result."""

from collections.abc import Callable
from dataclasses import replace

from reports.table import Columns, Table
from verify.compare.power import power
from verify.compare.tensor import Tolerance
from verify.compare.walk import TraceComparison, compare
from verify.errors import Unverifiable
from verify.essay import tables as essay_tables
from verify.records.trace import Trace
from verify.results.result import Result

STRUCTURE = ("missing", "extra", "shape", "dtype")


def judge(command: str, trace: Trace, tolerance: Tolerance | None, full: bool = False) -> Result:
    """Compare a trace and return the result with its tables.  Raises Unverifiable if there was nothing to compare."""
    compared = compare(trace, command, tolerance)
    tables, data = _tables(command, trace, compared, full)
    result = Result(
        command, trace.settings, trace.environment, compared.comparisons, tolerance, tables, data, compared=compared
    )
    if not result.elements and result.first_divergence is None:
        raise Unverifiable("nothing was compared")
    return replace(result, power=power(compared.walk, tolerance)) if result.passed else result


def _tables(
    command: str, trace: Trace, compared: TraceComparison, full: bool
) -> tuple[tuple[Table, ...], Callable[[], tuple[Columns, ...]]]:
    """Return the essay's tables, and a function that makes their CSV files.

    There are none if tensors are missing or numbers are not finite.
    """
    if any(c.verdict in STRUCTURE for c in compared.comparisons) or not compared.walk.is_finite:
        return (), tuple
    if command == "feedforward" and len(trace.network.output[1].outputs) > 1:
        return (), tuple
    if command == "feedforward":
        table, columns = essay_tables.table_3(trace, compared.by_hand[0])
        return (table,), lambda: (columns,)
    by_hand = compared.by_hand[-1]
    tables = tuple(essay_tables.update_tables(trace, by_hand, compared.comparisons))
    return tables, lambda: tuple(essay_tables.update_columns(trace, by_hand, full))
