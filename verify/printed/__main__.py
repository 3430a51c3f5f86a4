"""python -m verify.printed: the essay's equations and its printed numbers, each with a verdict."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reference.network import ESSAY
from reference.optimizers.adam import ALGORITHM_1, KERAS
from reports import as_csv, as_html, as_markdown, terminal
from verify import options, run, samples, trace
from verify.errors import Unusable
from verify.pick import pick, pictures
from verify.printed import equations, expected, figures, index, trial
from verify.printed.claims import claims
from verify.printed.result import PrintedResult
from verify.samples import Samples
from verify.settings import Settings
from verify.trace import Trace

ABOUT = (
    "Put the essay on trial: every equation against TensorFlow, every printed number against the others.\n"
    "Writes equations.csv and figures.csv. Fails if a verdict is not the one on record."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 the verdicts are those on record, 1 they are not; raises Unusable (2) or Unverifiable (3)."""
    parser = options.parser("printed", ABOUT, "--index", training=False, judged=False)
    group = parser.add_argument_group("the essay")
    group.add_argument("--figures", metavar="FILE", help="the printed numbers (those of the essay)")
    group.add_argument("--expected", metavar="FILE", help="the verdicts on record (those of the project)")
    given = parser.parse_args(argv)
    if given.index == options.EQUATIONS:
        terminal.table(terminal.console(), index.table())
        return 0
    result = one(options.check_trace(parser, given))
    say(result, given)
    return 0 if result.passed else 1


def one(given: argparse.Namespace) -> PrintedResult:
    """Carry it out and write the files.  Raises Unusable or Unverifiable."""
    out = Path(given.out)
    run.check_writable(out, "--out")
    printed = figures.read(Path(getattr(given, "figures", None) or figures.FIGURES))
    keys = {(c.equation, c.section, c.form, c.tensor) for c in claims(ESSAY, KERAS.epsilon, ALGORITHM_1.epsilon)}
    recorded = expected.read(Path(getattr(given, "expected", None) or expected.EXPECTED), keys, printed)
    held = from_file(given) if given.trace else _captured(given)
    if given.save_trace:
        run.save(Path(given.save_trace), held)
    found, verdicts = equations.judge(held), trial.judge(printed)
    differences = expected.differences(recorded, found, verdicts.verdicts)
    result = PrintedResult(held.settings, held.environment, found, verdicts, differences)
    report = replace(result.to_report(), pictures=pictures(given))
    contents = {"result.json": result.to_json(), "report.md": as_markdown.render(report).encode()}
    contents["report.html"] = as_html.render(result.to_page()).encode()
    contents |= {f"{columns.name}.csv": as_csv.render(columns) for columns in result.to_columns()}
    contents |= {picture.name: picture.content for picture in report.pictures}
    run.write_all(out, contents, "--out", set(run.PICTURES) - set(contents))
    return result


def say(result: PrintedResult, given: argparse.Namespace) -> None:
    """The headline, the findings, where the files are."""
    run.say_all(result.headline, result.passed, () if given.quiet else (result.findings(),), _files(given))


def _files(given: argparse.Namespace) -> str:
    return "" if given.quiet else f"Reports: {Path(given.out) / 'report.html'}, report.md, equations.csv, figures.csv"


def _captured(given: argparse.Namespace) -> Trace:
    """Two steps on a batch of two: the chosen digit and an empty sheet."""
    picked = pick(given)
    if reason := unfit(picked.samples, given.data):
        raise Unusable(reason)
    chosen = {name: getattr(given, name) for name in ("seed", "dtype", "split", "jit")}
    settings = Settings(command="printed", data=picked.data, index=picked.index, batch=2, steps=2, **chosen)
    return run.captured(settings, samples.with_empty_sheet(picked.samples, picked.index), given.verbose)


def unfit(drawn: Samples, data: str) -> str:
    """Why samples are not for the network that the essay writes about; nothing if they are."""
    sizes, needed = samples.network_for(drawn).sizes, ESSAY.sizes
    if sizes == needed:
        return ""
    return (
        f"--data {data}: it has {sizes[0]} pixels and {sizes[-1]} classes, and the essay's printed numbers are of "
        f"{needed[0]} pixels and {needed[-1]} digits"
    )


def from_file(given: argparse.Namespace) -> Trace:
    """The trace of --trace.  Raises Unusable if no verify.printed made it."""
    held = trace.load(given.trace)
    if held.settings.command != "printed" or held.network != ESSAY:
        raise Unusable(
            f"--trace {given.trace}: it was not made for verify.printed, which needs an empty sheet beside the digit; "
            "save one with verify.printed --save-trace"
        )
    equations.check(held, given.trace)
    return held


if __name__ == "__main__":
    sys.exit(run.guarded(main))
