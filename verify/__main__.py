"""python -m verify (or byhand): every verification, one after the other, and an index of the reports."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from reports import as_html, as_markdown
from reports.table import Cell, Report, Table
from verify import options, run, samples, trace
from verify.prediction import __main__ as prediction
from verify.printed import __main__ as printed
from verify.printed.result import PrintedResult
from verify.result import Result

ABOUT = (
    "Verify that TensorFlow computes what the mathematics says: one forward pass, training steps, a prediction with\n"
    "trained weights, and the essay's print."
)
COMMANDS = ("feedforward", "backprop", "prediction", "printed")
SAVED_BY = "backprop"  # whose trace --save-trace keeps
OF_A_TRACE = "the saved trace was not made for it"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: the worst of the commands'; raises Unusable (2) or Unverifiable (3)."""
    parser = options.parser("", ABOUT, "--digit 5", training=True)
    parser.set_defaults(split=None)
    given = options.check_trace(parser, parser.parse_args(argv))
    commands, reason = (_served(given), OF_A_TRACE) if given.trace else _possible(given)
    results: list[Result | PrintedResult] = []
    for command in commands:
        own = argparse.Namespace(**vars(given))
        own.out = str(Path(given.out) / command)
        test = command == "prediction" and given.index is None
        own.split = given.split or ("test" if test else "train")
        own.save_trace = given.save_trace if command == SAVED_BY else None
        results.append(_carry_out(command, own))
    run.write_all(Path(given.out), _index(results, [c for c in COMMANDS if c not in commands], reason), "--out")
    return 0 if all(result.passed for result in results) else 1


def _carry_out(command: str, own: argparse.Namespace) -> Result | PrintedResult:
    if command == "printed":
        judged = printed.one(own)
        printed.say(judged, own)
        return judged
    if command == "prediction":
        predicted = prediction.one(own)
        prediction.say(predicted, own)
        return predicted
    result = run.one(command, own)
    run.say(result, own)
    return result


def _possible(given: argparse.Namespace) -> tuple[tuple[str, ...], str]:
    """The commands that can use the data, and why one cannot.  Raises Unusable if the data cannot be had."""
    reason = printed.unfit(samples.load(given.data, given.split or "train"), given.data)
    if reason:
        run.say_all("", False, (), f"Not run: verify.printed ({reason})")
    return tuple(c for c in COMMANDS if c != "printed" or not reason), reason


def _served(given: argparse.Namespace) -> tuple[str, ...]:
    """The commands that a saved trace serves.  Raises Unusable before anything is written."""
    made_for = trace.load(given.trace).settings.command
    if made_for == "prediction":
        return ("prediction",)
    for command in ("feedforward", "backprop"):
        run.from_file(command, given)
    if made_for != "printed":
        return ("feedforward", "backprop")
    printed.from_file(given)
    return ("feedforward", "backprop", "printed")


def _index(results: Sequence[Result | PrintedResult], left_out: Sequence[str], reason: str) -> dict[str, bytes]:
    passed = all(result.passed for result in results)
    rows = [
        (
            Cell(r.command),
            Cell(r.headline, strong=not r.passed),
            Cell(f"{r.command}/report.html", link=f"{r.command}/report.html"),
        )
        for r in results
    ]
    rows += [(Cell(c), Cell(f"not run: {reason}", strong=True), Cell("")) for c in left_out]
    table = Table("Reports", ("command", "verdict", "file"), tuple(rows))
    word = "PASS every verification agrees" if passed else "FAIL not every verification agrees"
    report = Report(word, passed, (), (table,))
    return {"index.md": as_markdown.render(report).encode(), "index.html": as_html.render(report).encode()}


def console() -> int:
    """The console script byhand."""
    return run.guarded(main)


if __name__ == "__main__":
    sys.exit(run.guarded(main))
