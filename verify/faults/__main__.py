"""python -m verify.faults: how many wrong computations would the comparison notice? The kill matrix."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reference.tensor_names import in_step
from reports import as_csv, as_html, as_markdown, terminal
from verify import options, run
from verify.errors import Unusable
from verify.faults.matrix import Bench, matrix
from verify.faults.result import FaultsResult
from verify.faults.size import smallest
from verify.pick import pictures
from verify.result import describe
from verify.trace import Trace

ABOUT = (
    "Put faults into a trace that passes, one after the other, and see whether the comparison notices.\n"
    "Writes kill_matrix.csv. Without --trace it captures three steps of 32 digits."
)
STEPS, BATCH = 3, 32


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 nothing goes unnoticed, 1 something does; raises Unusable (2) or Unverifiable (3)."""
    parser = options.parser("faults", ABOUT, "--trace five.npz", training=True, tolerance=False)
    parser.set_defaults(steps=STEPS, batch=BATCH)
    given = options.check_trace(parser, parser.parse_args(argv))
    result = one(given)
    tables = () if given.quiet else (result.groups(),)
    where = (
        "" if given.quiet else f"Reports: {Path(given.out) / 'report.html'}, report.md, kill_matrix.csv, smallest.csv"
    )
    run.say_all(result.headline, result.passed, tables, where)
    return 0 if result.passed else 1


def one(given: argparse.Namespace) -> FaultsResult:
    """Carry it out and write the files.  Raises Unusable or Unverifiable."""
    out = Path(given.out)
    run.check_writable(out, "--out")
    held = run.from_file("backprop", given) if given.trace else run.capture_for("backprop", given)
    if given.save_trace:
        run.save(Path(given.save_trace), held)
    bench = _bench(held, given)
    with terminal.progress("Putting faults in") as each:
        kills = matrix(bench, each)
    least = tuple(
        (rule.tensor, rule.equation, smallest(ball.value, ball.spread(), bench.held[rule.tensor]))
        for rule in bench.plan
        if (ball := bench.balls.get(rule.tensor)) is not None and bench.held[rule.tensor].any()
    )
    alarms = {name: len(tensors) for name, tensors in bench.flagged.items()}
    result = FaultsResult(held.settings, held.environment, kills, least, alarms)
    report = replace(result.to_report(), pictures=pictures(given))
    contents = {"result.json": result.to_json(), "report.md": as_markdown.render(report).encode()}
    contents["report.html"] = as_html.render(report).encode()
    contents |= {f"{columns.name}.csv": as_csv.render(columns) for columns in result.to_columns()}
    contents |= {picture.name: picture.content for picture in report.pictures}
    run.write_all(out, contents, "--out", set(run.PICTURES) - set(contents))
    return result


def _bench(held: Trace, given: argparse.Namespace) -> Bench:
    """Power can be measured only on a trace that passes.  Raises Unusable with its headline."""
    source = f"--trace {given.trace}" if given.trace else "the captured steps"
    steps = {in_step(number, "").rstrip("/") for number in range(1, held.settings.steps + 1)}
    unknown = [name for name in held.tensors if name.partition("/")[0] not in steps]
    if unknown:
        raise Unusable(f"{source}: tensor {unknown[0]} belongs to no step, so the trace does not pass")
    bench = Bench(held)
    failed = [c for c in bench.unaltered if not c.passed]
    if failed:
        first = min(failed, key=lambda c: (c.mode == "chained", c.step, c.order))
        raise Unusable(
            f"{source}: faults can be tried only on a trace that passes, and this one fails: {describe(first)}"
        )
    return bench


if __name__ == "__main__":
    sys.exit(run.guarded(main))
