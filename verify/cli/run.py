"""Run feedforward or backprop: capture or read a trace, compare, write the files, print."""

from dataclasses import replace
from pathlib import Path

from reference.tensor_names import is_state
from reports.table import Table
from verify.cli.capturing import capture_for, from_file
from verify.cli.console import tell
from verify.cli.options import Options
from verify.inputs.choice import pictures
from verify.results import files
from verify.results.judging import judge
from verify.results.page import worst_steps
from verify.results.result import Result, summary


def one(command: str, options: Options) -> Result:
    """Run one command, write its files and return its result.  Raises Unusable or Unverifiable."""
    files.check_writable(options.out, "--out")
    trace = from_file(command, options) if options.trace else capture_for(command, options)
    if options.save_trace:
        files.save(Path(options.save_trace), trace)
    result = replace(judge(command, trace, options.tolerance, options.full), pictures=pictures(options))
    files.write(options.out, files.of_result(result), command)
    return result


def say(result: Result, options: Options) -> int:
    """Print the headline, one table and the paths of the files; return the exit status."""
    shows_table_3 = result.command == "feedforward" and result.tables and result.passed
    table = result.tables[0] if shows_table_3 else short(result)
    tell(result.headline, result.passed, options, (table,), ("report.md", "comparisons.csv"))
    return result.status


def short(result: Result) -> Table:
    """Return a table with a row for each tensor, at its worst step. State that was only carried over is left out."""
    rows = tuple(c for c in worst_steps(result.local) if c.order == 0 or not is_state(c.tensor, "before"))
    title = "Each tensor against its equation, on TensorFlow's own inputs"
    return summary(rows, title + (" (its worst step)" if result.settings.steps > 1 else ""))
