"""python -m verify.trace FILE: what a saved trace holds; with --against OTHER, which of two is nearer to the truth."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from reports import as_csv, as_html, as_markdown, terminal
from reports.table import Columns, Report, Table
from verify import options, run, trace
from verify.errors import Unusable
from verify.trace import contents
from verify.trace.against import against
from verify.trace.against_result import AgainstResult

ABOUT = (
    "Show what a trace written by --save-trace holds, and whether it is as it was saved. With --against, hold two\n"
    "traces of one computation (with and without XLA, of two TensorFlow releases, of two machines) against each other\n"
    "and against the mathematics."
)
MADE = ("tensors.csv", "comparisons.csv")  # what only some runs write: it does not outlive them


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 it is whole, or both are within rounding; 1 not; raises Unusable (2)."""
    given = _parser().parse_args(argv)
    run.check_writable(Path(given.out), "--out")
    if given.against is not None:
        found = _against(given)
        tables, columns = (found.sources(), found.tensors(short=True)), found.to_columns()
        _write(Path(given.out), found.to_report(), found.to_json(), columns)
        return _say(found.headline, found.passed, tables, given, columns.name)
    held = contents.read(given.file)
    shown = (held.made(), held.network(), held.tensors(short=True))
    _write(Path(given.out), held.to_report(), held.to_json(), held.to_columns())
    return _say(held.headline, held.passed, shown, given, held.to_columns().name)


def _parser() -> options.Parser:
    made = options.Parser(
        prog="python -m verify.trace", description=ABOUT, allow_abbrev=False,
        epilog="example: python -m verify.trace five.npz --against five_jit.npz",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    made.add_argument("file", metavar="FILE", help="a trace written by --save-trace")
    made.add_argument("--against", metavar="OTHER", help="another trace of the same computation")
    made.add_argument("--out", default="out/trace", metavar="DIR", help="for the reports (%(default)s)")
    made.add_argument("--quiet", action="store_true", help="print the headline only")
    return made


def _against(given: argparse.Namespace) -> AgainstResult:
    a = trace.load(given.file)
    try:
        b = trace.load(given.against)
    except Unusable as error:
        raise Unusable(f"--against {error}") from error
    with terminal.progress("Comparing") as each:
        try:
            return AgainstResult((given.file, given.against), (a, b), against(a, b, each))
        except Unusable as error:
            raise Unusable(f"--against {given.against}: {error}") from error


def _write(out: Path, report: Report, result: bytes, columns: Columns) -> None:
    made = {"result.json": result, "report.md": as_markdown.render(report).encode()}
    made["report.html"] = as_html.render(report).encode()
    made[f"{columns.name}.csv"] = as_csv.render(columns)
    run.write_all(out, made, "--out", set(MADE) - set(made))


def _say(headline: str, passed: bool, tables: Sequence[Table], given: argparse.Namespace, name: str) -> int:
    where = "" if given.quiet else f"Reports: {Path(given.out) / 'report.html'}, report.md, {name}.csv"
    run.say_all(headline, passed, () if given.quiet else tables, where)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(run.guarded(main))
