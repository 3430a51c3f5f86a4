"""python -m verify (or byhand): every verification, one after the other, and an index of the reports."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from reports import as_html, as_markdown
from reports.table import Cell, Report, Table
from verify import options, run
from verify.result import Result
from verify.settings import COMMANDS

ABOUT = "Verify that TensorFlow computes what the mathematics says: one forward pass, then training steps."


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: the worst of the commands'; raises Unusable (2) or Unverifiable (3)."""
    parser = options.parser("", ABOUT, "--digit 5", training=True)
    given = options.check_trace(parser, parser.parse_args(argv))
    for command in COMMANDS if given.trace else ():
        run.from_file(command, given)  # one that serves only some commands is refused before anything is written
    results = []
    for command in COMMANDS:
        own = argparse.Namespace(**vars(given))
        own.out = str(Path(given.out) / command)
        own.save_trace = given.save_trace if command == "backprop" else None
        results.append(run.one(command, own))
        run.say(results[-1], own)
    run.write_all(Path(given.out), _index(results), "--out")
    return 0 if all(result.passed for result in results) else 1


def _index(results: Sequence[Result]) -> dict[str, bytes]:
    passed = all(result.passed for result in results)
    rows = tuple(
        (Cell(r.command), Cell(r.headline, strong=not r.passed), Cell(f"{r.command}/report.html")) for r in results
    )
    table = Table("Reports", ("command", "verdict", "file"), rows)
    word = "PASS every verification agrees" if passed else "FAIL not every verification agrees"
    report = Report(word, passed, (), (table,))
    return {"index.md": as_markdown.render(report).encode(), "index.html": as_html.render(report).encode()}


def console() -> int:
    """The console script byhand."""
    return run.guarded(main)


if __name__ == "__main__":
    sys.exit(run.guarded(main))
