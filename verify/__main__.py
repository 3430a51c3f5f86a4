"""python -m verify (or byhand): run every verification, and write an index of the reports."""

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
SAVED_BY = "backprop"  # the command whose trace --save-trace writes
NOT_FOR_IT = "the saved trace was not made for it"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the commands; return the worst exit status: 1 for a disagreement, 3 if something could not be judged, else 0.

    Raises Unusable (2) or Unverifiable (3).
    """
    arguments = parser("", ABOUT, "--digit 5", training=True)
    arguments.set_defaults(split="")
    options = read(arguments, argv, Options)
    commands, reason = (_of_trace(options), NOT_FOR_IT) if options.trace else _of_data(options)
    results = [_run(command, _options_of(command, options)) for command in commands]
    left_out = [command for command in COMMANDS if command not in commands]
    write_all(options.out, _index(results, left_out, reason), "--out")
    passed = sum(result.passed for result in results)
    verdict = "PASS" if passed == len(results) else "NOT PASSED"
    say_all("", True, (), f"{verdict} {passed} of {len(results)} · open {options.out / 'index.html'}")
    return min((result.status for result in results if result.status), default=0)


def _options_of(command: str, options: Options) -> Options:
    """Return the options of one command: a prediction reads a test image, a forward pass takes no training step."""
    split = options.split or ("test" if command == "prediction" and options.index is None else "train")
    save_trace = options.save_trace if command == SAVED_BY else ""
    options = replace(options, out=options.out / command, split=split, save_trace=save_trace)
    if command != "feedforward":
        return options
    return replace(options, steps=Options.steps, optimizer=Options.optimizer, loss=Options.loss)


def _run(command: str, options: Options) -> Result | PrintedResult:
    """Run one command, print and write its report, and return its result."""
    if command == "printed":
        verdicts = printed.one(options)
        printed.say(verdicts, options)
        return verdicts
    result = prediction.one(options) if command == "prediction" else run.one(command, options)
    (prediction if command == "prediction" else run).say(result, options)
    return result


def _of_data(options: Options) -> tuple[tuple[str, ...], str]:
    """Return the commands that can use the data, and why one cannot.  Raises Unusable if the data cannot be read."""
    reason = printed.unfit(samples.load(options.data, options.split or "train"), options.data)
    if not reason:
        return COMMANDS, ""
    say_all("", False, (), f"Not run: verify.printed ({reason})")
    return tuple(command for command in COMMANDS if command != "printed"), reason


def _of_trace(options: Options) -> tuple[str, ...]:
    """Return the commands that can use the saved trace.  Raises Unusable before anything is written."""
    made_for = trace_file.load(options.trace).settings.command
    if made_for == "prediction":
        return ("prediction",)
    from_file("backprop", options)
    if made_for != "printed":
        return ("feedforward", "backprop")
    printed.from_file(options)
    return ("feedforward", "backprop", "printed")


def _index(results: Sequence[Result | PrintedResult], left_out: Sequence[str], reason: str) -> dict[str, bytes]:
    """Return the content of index.md and index.html, by name."""
    passed = all(result.passed for result in results)
    rows = []
    for result in results:
        file = f"{result.command}/report.html"
        rows.append((Cell(result.command), Cell(result.headline, strong=not result.passed), Cell(file, link=file)))
    rows += [(Cell(command), Cell(f"not run: {reason}", strong=True), Cell("")) for command in left_out]
    table = Table("Reports", ("command", "verdict", "file"), tuple(rows))
    headline = "PASS every verification agrees" if passed else "FAIL not every verification agrees"
    report = Report(headline, passed, (), (table,))
    return {"index.md": as_markdown.render(report).encode(), "index.html": as_html.render(report).encode()}


def console() -> int:
    """Run the console script byhand, and return its exit status."""
    return guarded(main)


if __name__ == "__main__":
    sys.exit(guarded(main))
