"""Write the files of a run into its folder, and remove those that only an earlier run of the command wrote."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from reports import files
from reports.files import ReportFiles
from verify.errors import Unusable
from verify.essay.tables import TABLES
from verify.records import trace_file
from verify.records.trace import Trace
from verify.results.page import detail
from verify.results.result import Result

PICTURES = ("given.png", "seen.png")
SOMETIMES = {  # files that only some runs of a command write
    "feedforward": ("table3.csv", *PICTURES),
    "backprop": (*(f"{name}.csv" for name, _ in TABLES.values()), *PICTURES),
    "prediction": ("table6.csv", "predictions.csv", *PICTURES),
    "faults": PICTURES,
    "printed": PICTURES,
    "trace": ("tensors.csv", "comparisons.csv"),
}


def of_result(result: Result) -> ReportFiles:
    """Return the files of a result; the page leaves out the table of tensors, which its details contain."""
    report = result.to_report()
    data = (result.to_columns(), *result.data())
    return ReportFiles(report, result.to_dict(), data, replace(report, tables=result.tables), detail(result))


def write(folder: Path, report_files: ReportFiles, command: str = "") -> None:
    """Write the report of a command.  Raises Unusable if it cannot be written."""
    contents = report_files.contents()
    write_all(folder, contents, "--out", set(SOMETIMES.get(command, ())) - set(contents))


def write_all(folder: Path, contents: Mapping[str, bytes], option: str, stale: Iterable[str] = ()) -> None:
    """Write files.  Raises Unusable, naming the option, if they cannot be written."""
    try:
        files.write(folder, contents, stale)
    except OSError as error:
        raise Unusable(f"{option} {folder}: cannot be written ({error.strerror or error})") from error


def save(path: Path, trace: Trace) -> None:
    """Write the file of --save-trace.  Raises Unusable if it cannot be written."""
    check_writable(path.parent, "--save-trace")
    write_all(path.parent, {path.name: trace_file.to_bytes(trace)}, "--save-trace")


def check_writable(folder: Path, option: str) -> None:
    """Check early that the folder can be written or created, without creating it.  Raises Unusable if not."""
    existing = Path(os.path.abspath(folder))
    while not os.path.lexists(existing) and existing != existing.parent:
        existing = existing.parent
    if not os.path.isdir(existing):
        raise Unusable(f"{option} {folder}: cannot be written ({existing} is not a folder)")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise Unusable(f"{option} {folder}: cannot be written (permission denied)")
