"""python -m verify.printed: a verdict on each of the essay's equations and on each of its printed numbers."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reference.network import ESSAY
from reports import terminal
from reports.files import ReportFiles
from verify.cli.capturing import captured
from verify.cli.console import tell
from verify.cli.exit_status import guarded
from verify.cli.options import EQUATIONS, Options, frozen, parser
from verify.errors import Unusable
from verify.essay import equation_index
from verify.essay.claims import claims
from verify.inputs import samples
from verify.inputs.choice import choose_sample, pictures
from verify.inputs.samples import Samples
from verify.printed import consistency, equation_verdicts, figures, recorded_verdicts
from verify.printed.recorded_verdicts import EXPECTED
from verify.printed.result import PrintedResult
from verify.records import trace_file
from verify.records.settings import Settings
from verify.records.trace import Trace
from verify.results.files import check_writable, save, write

ABOUT = (
    "Check the essay: every equation against TensorFlow, every printed number against the others.\n"
    "Writes equations.csv and figures.csv. Fails if a verdict differs from the recorded one."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 if all verdicts are the recorded ones, else 1.

    Raises Unusable (exit status 2) or Unverifiable (exit status 3).
    """
    arguments = parser("printed", ABOUT, "--index", training=False, judged=False)
    group = arguments.add_argument_group("the essay")
    group.add_argument(
        "--figures", type=Path, default=figures.FIGURES, metavar="FILE", help="the printed numbers (those of the essay)"
    )
    group.add_argument(
        "--expected", type=Path, default=EXPECTED, metavar="FILE", help="the recorded verdicts (those of the project)"
    )
    parsed = arguments.parse_args(argv)
    if parsed.index == EQUATIONS:
        terminal.table(terminal.console(), equation_index.table())
        return 0
    options = frozen(arguments, parsed, Options)
    return say(one(options, parsed.figures, parsed.expected), options)


def one(options: Options, figures_file: Path = figures.FIGURES, expected_file: Path = EXPECTED) -> PrintedResult:
    """Check the essay, write the files and return the result.  Raises Unusable or Unverifiable."""
    check_writable(options.out, "--out")
    printed = figures.read(figures_file)
    recorded = recorded_verdicts.read(expected_file, {claim.key for claim in claims()}, printed)
    trace = from_file(options) if options.trace else _captured(options)
    if options.save_trace:
        save(Path(options.save_trace), trace)
    equations, numbers = equation_verdicts.judge(trace), consistency.judge(printed)
    differences = recorded_verdicts.differences(recorded, equations, numbers.verdicts)
    result = PrintedResult(trace.settings, trace.environment, equations, numbers, differences)
    report = replace(result.to_report(), pictures=pictures(options))
    files = ReportFiles(report, result.to_dict(), result.to_columns(), result.to_page())
    write(options.out, files, "printed")
    return result


def say(result: PrintedResult, options: Options) -> int:
    """Print the headline, the errors found and the paths of the files, and return the exit status."""
    names = ("report.md", "equations.csv", "figures.csv")
    return tell(result.headline, result.passed, options, (result.findings(),), names)


def _captured(options: Options) -> Trace:
    """Return the trace of two training steps on a batch of two: the chosen digit and an empty sheet.

    Raises Unusable if the essay's network cannot read the data.
    """
    choice = choose_sample(options)
    if reason := unfit(choice.samples, options.data):
        raise Unusable(reason)
    passed_on = {name: getattr(options, name) for name in ("seed", "dtype", "split", "jit")}
    settings = Settings(command="printed", data=choice.data, index=choice.index, batch=2, steps=2, **passed_on)
    return captured(settings, samples.with_empty_sheet(choice.samples, choice.index), options.verbose)


def unfit(drawn: Samples, data: str) -> str:
    """Return why samples do not fit the essay's network, or "" if they do."""
    sizes, needed = samples.network_for(drawn).sizes, ESSAY.sizes
    if sizes == needed:
        return ""
    return (
        f"--data {data}: it has {sizes[0]} pixels and {sizes[-1]} classes, and the essay's printed numbers are of "
        f"{needed[0]} pixels and {needed[-1]} digits"
    )


def from_file(options: Options) -> Trace:
    """Return the trace that --trace names.  Raises Unusable if verify.printed did not make it."""
    trace = trace_file.load(options.trace)
    if trace.settings.command != "printed" or trace.network != ESSAY:
        raise Unusable(
            f"--trace {options.trace}: it was not made for verify.printed, which needs an empty sheet beside the "
            "digit; save one with verify.printed --save-trace"
        )
    equation_verdicts.check(trace, options.trace)
    return trace


if __name__ == "__main__":
    sys.exit(guarded(main))
