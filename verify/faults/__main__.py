"""python -m verify.faults: count the wrong computations that the comparison notices (the kill matrix)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from reference.tensor_names import in_step
from reports import terminal
from reports.files import ReportFiles
from verify.cli.capturing import capture_for, from_file
from verify.cli.console import tell
from verify.cli.exit_status import guarded
from verify.cli.options import Options, parser, read
from verify.compare.effect_size import smallest
from verify.compare.wording import describe
from verify.errors import Unusable
from verify.faults.kill_matrix import KillMatrix, matrix
from verify.faults.result import FaultsResult
from verify.inputs.choice import pictures
from verify.records.trace import Trace
from verify.results.files import check_writable, save, write

ABOUT = (
    "Put faults into a trace that passes, one after the other, and see whether the comparison notices.\n"
    "Writes kill_matrix.csv. Without --trace it captures three steps of 32 digits."
)
STEPS, BATCH = 3, 32


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 every fault is noticed, 1 a fault goes unnoticed.

    Raises Unusable (status 2) or Unverifiable (status 3).
    """
    faults_parser = parser("faults", ABOUT, "--trace five.npz", training=True, tolerance=False)
    faults_parser.set_defaults(steps=STEPS, batch=BATCH)
    options = read(faults_parser, argv, Options)
    result = one(options)
    names = ("report.md", "kill_matrix.csv", "smallest.csv")
    return tell(result.headline, result.passed, options, (result.groups(),), names)


def one(options: Options) -> FaultsResult:
    """Try all faults, write the files, and return the result.  Raises Unusable or Unverifiable."""
    check_writable(options.out, "--out")
    trace = from_file("backprop", options) if options.trace else capture_for("backprop", options)
    if options.save_trace:
        save(Path(options.save_trace), trace)
    bench = _bench(trace, options)
    with terminal.progress("Putting faults in") as advance:
        kills = matrix(bench, advance)
    least = tuple(
        (rule.tensor, rule.equation, smallest(ball.value, ball.spread(), bench.captured[rule.tensor]))
        for rule in bench.plan
        if (ball := bench.balls.get(rule.tensor)) is not None and bench.captured[rule.tensor].any()
    )
    alarms = {name: len(tensors) for name, tensors in bench.flagged.items()}
    result = FaultsResult(trace.settings, trace.environment, kills, least, alarms)
    report = replace(result.to_report(), pictures=pictures(options))
    write(options.out, ReportFiles(report, result.to_dict(), result.to_columns()), "faults")
    return result


def _bench(trace: Trace, options: Options) -> KillMatrix:
    """Return the trace, prepared for faults.  Raises Unusable, naming the first failure, if the trace does not pass."""
    source = f"--trace {options.trace}" if options.trace else "the captured steps"
    steps = {in_step(number, "").rstrip("/") for number in range(1, trace.settings.steps + 1)}
    unknown = [name for name in trace.tensors if name.partition("/")[0] not in steps]
    if unknown:
        raise Unusable(f"{source}: tensor {unknown[0]} belongs to no step, so the trace does not pass")
    bench = KillMatrix(trace)
    failed = [c for c in bench.unaltered if not c.passed]
    if failed:
        first = min(failed, key=lambda c: (c.mode == "chained", c.step, c.order))
        raise Unusable(
            f"{source}: faults can be tried only on a trace that passes, and this one fails: {describe(first)}"
        )
    return bench


if __name__ == "__main__":
    sys.exit(guarded(main))
