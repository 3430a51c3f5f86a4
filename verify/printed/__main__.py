"""python -m verify.printed: the essay's equations and its printed numbers, each with a verdict."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reference.network import ESSAY
from reference.optimizers.adam import ALGORITHM_1, KERAS
from reports import terminal
from reports.files import ReportFiles
from verify.cli.capturing import captured
from verify.cli.console import tell
from verify.cli.exit_status import guarded
from verify.cli.options import EQUATIONS, Options, frozen, parser
from verify.errors import Unusable
from verify.essay import equation_index as index
from verify.essay.claims import claims
from verify.inputs import samples
from verify.inputs.choice import pick, pictures
from verify.inputs.samples import Samples
from verify.printed import consistency as trial
from verify.printed import equation_verdicts as equations
from verify.printed import figures
from verify.printed import recorded_verdicts as expected
from verify.printed.result import PrintedResult
from verify.records import trace_file
from verify.records.settings import Settings
from verify.records.trace import Trace
from verify.results.files import check_writable, save, write

ABOUT = (
    "Put the essay on trial: every equation against TensorFlow, every printed number against the others.\n"
    "Writes equations.csv and figures.csv. Fails if a verdict is not the one on record."
)


@dataclass(frozen=True)
class PrintedOptions(Options):
    """`figures` and `expected`: files in place of the project's own."""

    figures: str | None = None
    expected: str | None = None


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 the verdicts are those on record, 1 they are not; raises Unusable (2) or Unverifiable (3)."""
    made = parser("printed", ABOUT, "--index", training=False, judged=False)
    group = made.add_argument_group("the essay")
    group.add_argument("--figures", metavar="FILE", help="the printed numbers (those of the essay)")
    group.add_argument("--expected", metavar="FILE", help="the verdicts on record (those of the project)")
    parsed = made.parse_args(argv)
    if parsed.index == EQUATIONS:
        terminal.table(terminal.console(), index.table())
        return 0
    options = frozen(made, parsed, PrintedOptions)
    return say(one(options), options)


def one(options: Options) -> PrintedResult:
    """Carry it out and write the files.  Raises Unusable or Unverifiable."""
    check_writable(options.out, "--out")
    own = options if isinstance(options, PrintedOptions) else PrintedOptions(options.out)
    printed = figures.read(Path(own.figures or figures.FIGURES))
    keys = {(c.equation, c.section, c.form, c.tensor) for c in claims(ESSAY, KERAS.epsilon, ALGORITHM_1.epsilon)}
    recorded = expected.read(Path(own.expected or expected.EXPECTED), keys, printed)
    trace = from_file(options) if options.trace else _captured(options)
    if options.save_trace:
        save(Path(options.save_trace), trace)
    found, verdicts = equations.judge(trace), trial.judge(printed)
    differences = expected.differences(recorded, found, verdicts.verdicts)
    result = PrintedResult(trace.settings, trace.environment, found, verdicts, differences)
    report = replace(result.to_report(), pictures=pictures(options))
    made = ReportFiles(report, result.to_dict(), result.to_columns(), result.to_page())
    write(options.out, made, "printed")
    return result


def say(result: PrintedResult, options: Options) -> int:
    """Print the headline, the findings, and where the files are.  Returns the exit status."""
    names = ("report.md", "equations.csv", "figures.csv")
    return tell(result.headline, result.passed, options, (result.findings(),), names)


def _captured(options: Options) -> Trace:
    """Two steps on a batch of two: the chosen digit and an empty sheet."""
    picked = pick(options)
    if reason := unfit(picked.samples, options.data):
        raise Unusable(reason)
    chosen = {name: getattr(options, name) for name in ("seed", "dtype", "split", "jit")}
    settings = Settings(command="printed", data=picked.data, index=picked.index, batch=2, steps=2, **chosen)
    return captured(settings, samples.with_empty_sheet(picked.samples, picked.index), options.verbose)


def unfit(drawn: Samples, data: str) -> str:
    """Why samples are not for the network that the essay writes about; nothing if they are."""
    sizes, needed = samples.network_for(drawn).sizes, ESSAY.sizes
    if sizes == needed:
        return ""
    return (
        f"--data {data}: it has {sizes[0]} pixels and {sizes[-1]} classes, and the essay's printed numbers are of "
        f"{needed[0]} pixels and {needed[-1]} digits"
    )


def from_file(options: Options) -> Trace:
    """The trace of --trace.  Raises Unusable if no verify.printed made it."""
    held = trace_file.load(options.trace)
    if held.settings.command != "printed" or held.network != ESSAY:
        raise Unusable(
            f"--trace {options.trace}: it was not made for verify.printed, which needs an empty sheet beside the "
            "digit; save one with verify.printed --save-trace"
        )
    equations.check(held, options.trace)
    return held


if __name__ == "__main__":
    sys.exit(guarded(main))
