"""python -m verify (or byhand): every verification, one after the other, and an index of the reports."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace

from reports import as_html, as_markdown
from reports.table import Cell, Report, Table
from verify.cli import run
from verify.cli.capturing import from_file
from verify.cli.console import say_all
from verify.cli.exit_status import guarded
from verify.cli.options import Options, parser, read
from verify.inputs import samples
from verify.prediction import __main__ as prediction
from verify.printed import __main__ as printed
from verify.printed.result import PrintedResult
from verify.records import trace_file
from verify.results.files import write_all
from verify.results.result import Result

ABOUT = (
    "Verify that TensorFlow computes what the mathematics says: one forward pass, training steps, a prediction with\n"
    "trained weights, and the essay's print."
)
COMMANDS = ("feedforward", "backprop", "prediction", "printed")
SAVED_BY = "backprop"  # whose trace --save-trace keeps
OF_A_TRACE = "the saved trace was not made for it"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: the worst of the commands'; raises Unusable (2) or Unverifiable (3)."""
    made = parser("", ABOUT, "--digit 5", training=True)
    made.set_defaults(split="")
    options = read(made, argv, Options)
    commands, reason = (_served(options), OF_A_TRACE) if options.trace else _possible(options)
    results = [_carry_out(command, _of_command(command, options)) for command in commands]
    left_out = [command for command in COMMANDS if command not in commands]
    write_all(options.out, _index(results, left_out, reason), "--out")
    return 0 if all(result.passed for result in results) else 1


def _of_command(command: str, options: Options) -> Options:
    """Return what one of the commands is asked to do: a prediction reads a test image, a forward pass takes no step."""
    usual = "test" if command == "prediction" and options.index is None else "train"
    own = replace(
        options, out=options.out / command, split=options.split or usual,
        save_trace=options.save_trace if command == SAVED_BY else "",
    )  # fmt: skip
    if command != "feedforward":
        return own
    usual_step = Options(own.out)
    return replace(own, steps=usual_step.steps, optimizer=usual_step.optimizer, loss=usual_step.loss)


def _carry_out(command: str, options: Options) -> Result | PrintedResult:
    if command == "printed":
        judged = printed.one(options)
        printed.say(judged, options)
        return judged
    result = prediction.one(options) if command == "prediction" else run.one(command, options)
    (prediction if command == "prediction" else run).say(result, options)
    return result


def _possible(options: Options) -> tuple[tuple[str, ...], str]:
    """Return the commands that can use the data, and why one cannot.  Raises Unusable if the data cannot be read."""
    reason = printed.unfit(samples.load(options.data, options.split or "train"), options.data)
    if reason:
        say_all("", False, (), f"Not run: verify.printed ({reason})")
    return tuple(c for c in COMMANDS if c != "printed" or not reason), reason


def _served(options: Options) -> tuple[str, ...]:
    """Return the commands that a saved trace serves.  Raises Unusable before anything is written."""
    made_for = trace_file.load(options.trace).settings.command
    if made_for == "prediction":
        return ("prediction",)
    for command in ("feedforward", "backprop"):
        from_file(command, options)
    if made_for != "printed":
        return ("feedforward", "backprop")
    printed.from_file(options)
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
    return guarded(main)


if __name__ == "__main__":
    sys.exit(guarded(main))
