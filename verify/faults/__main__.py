"""python -m verify.faults: count the wrong computations that the comparison notices (the kill matrix)."""

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
from verify.compare.power import smallest
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
    result = try_faults(options)
    names = ("report.md", "kill_matrix.csv", "smallest.csv")
    return tell(result.headline, result.passed, options, (result.groups(),), names)


def try_faults(options: Options) -> FaultsResult:
    """Try all faults, write the files, and return the result.  Raises Unusable or Unverifiable."""
    check_writable(options.out, "--out")
    trace = from_file("backprop", options) if options.trace else capture_for("backprop", options)
    if options.save_trace:
        save(Path(options.save_trace), trace)
    kill_matrix = _passing(trace, f"--trace {options.trace}" if options.trace else "the captured steps")
    captured = kill_matrix.captured
    with terminal.progress("Putting faults in") as advance:
        kills = matrix(kill_matrix, advance)
    smallest_changes = tuple(
        (rule.tensor, rule.equation, smallest(ball.value, ball.spread(), captured[rule.tensor]))
        for rule in kill_matrix.plan
        if (ball := kill_matrix.balls.get(rule.tensor)) is not None and captured[rule.tensor].any()
    )
    alarms = {policy: len(tensors) for policy, tensors in kill_matrix.flagged.items()}
    result = FaultsResult(trace.settings, trace.environment, kills, smallest_changes, alarms)
    report = replace(result.to_report(), pictures=pictures(options))
    write(options.out, ReportFiles(report, result.to_dict(), result.to_columns()), "faults")
    return result


def _passing(trace: Trace, source: str) -> KillMatrix:
    """Return the trace, prepared for faults.

    Raises Unusable, naming the first failure and the source of the trace, if the trace does not pass.
    """
    prefixes = tuple(in_step(number, "") for number in range(1, trace.settings.steps + 1))
    unknown = [name for name in trace.tensors if not name.startswith(prefixes)]
    if unknown:
        raise Unusable(f"{source}: tensor {unknown[0]} belongs to no step, so the trace does not pass")
    kill_matrix = KillMatrix(trace)
    failed = [c for c in kill_matrix.unaltered if c.failed]
    if failed:
        first = describe(min(failed, key=lambda c: (c.mode == "chained", c.step, c.order)))
        raise Unusable(f"{source}: faults can be tried only on a trace that passes, and this one fails: {first}")
    return kill_matrix


if __name__ == "__main__":
    sys.exit(guarded(main))
