"""python -m verify.trace FILE: what a saved trace holds; with --against OTHER, which of two is nearer to the truth."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from reports import as_csv, as_html, as_markdown
from reports.table import Columns, Report, Table
from verify import options, run
from verify.trace import contents

ABOUT = "Show what a trace written by --save-trace holds, and whether it is as it was saved."
MADE = ("tensors.csv",)  # what only some runs write: it does not outlive them


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 it is whole, 1 it has been altered; raises Unusable (2)."""
    given = _parser().parse_args(argv)
    run.check_writable(Path(given.out), "--out")
    held = contents.read(given.file)
    tables = (held.made(), held.network(), held.tensors(short=True))
    _write(Path(given.out), held.to_report(), held.to_json(), held.to_columns())
    return _say(held.headline, held.passed, tables, given, held.to_columns().name)


def _parser() -> options.Parser:
    made = options.Parser(
        prog="python -m verify.trace", description=ABOUT, epilog="example: python -m verify.trace five.npz",
        allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    made.add_argument("file", metavar="FILE", help="a trace written by --save-trace")
    made.add_argument("--out", default="out/trace", metavar="DIR", help="for the reports (%(default)s)")
    made.add_argument("--quiet", action="store_true", help="print the headline only")
    return made


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
