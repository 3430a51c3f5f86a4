"""Measure how long the derivation of one number takes: for every tensor of a step, and as a whole command.

python -m benchmarks.explain        (a few minutes; TensorFlow captures the step once)
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.record import Cell, Column, Measurement, finish, parser
from verify.cli.capturing import capture_for
from verify.cli.options import Options
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.records.trace import Trace
from verify.results.files import save

ROUNDS = 5
ASKED = (("A3[10]",), ("update_W1[784,128]",), ("dW1[2,3]", "--depth", "all"), ("W1_new[300,3]", "--depth", "all"))
DERIVATIONS = Measurement(
    "explain",
    "Derivation of one number: `verify.explain`",
    "Time to derive one number from a saved trace of one step with one example: the whole command (median of "
    f"{ROUNDS}), and within Python the last element of each of the tensors.",
    (Column("what"), Column("processor time", "s"), Column("wall time", "s"), Column("goal, wall time", "s")),
)


def each(trace: Trace, depth: int | None) -> dict[str, float]:
    """Return the processor seconds for the last element of each tensor; nothing is kept from another tensor."""
    seconds = {}
    for tensor in DerivedStep(trace, 1).names:
        began = time.process_time()
        case = DerivedStep(trace, 1)
        explain(case, tensor, case.shape(tensor), depth)
        seconds[tensor] = time.process_time() - began
    return seconds


def process(path: Path, words: tuple[str, ...]) -> tuple[float, float]:
    """Return processor seconds and wall seconds of the whole command, medians of some runs."""
    processor, wall = [], []
    for _ in range(ROUNDS):
        before, began = os.times(), time.perf_counter()
        command = [sys.executable, "-m", "verify.explain", *words, "--trace", str(path), "--out", str(path.parent)]
        subprocess.run([*command, "--quiet"], check=True, capture_output=True)
        after = os.times()
        wall.append(time.perf_counter() - began)
        processor.append(after.children_user - before.children_user + after.children_system - before.children_system)
    return statistics.median(processor), statistics.median(wall)


def main() -> None:
    """Measure commands and tensors, and print the table."""
    given = parser(__doc__).parse_args()
    trace, rows = capture_for("backprop", Options(Path("out"))), list[list[Cell]]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.npz"
        save(path, trace)
        for words in ASKED:
            processor, wall = process(path, words)
            rows.append([f"whole command, `{' '.join(words)}`", round(processor, 2), round(wall, 2), 1])
    for depth, name in ((1, "one rule"), (None, "all the way back")):
        seconds = each(trace, depth)
        slowest = max(seconds, key=lambda tensor: seconds[tensor])
        middle = statistics.median(seconds.values())
        rows.append([f"within Python, {name}, median of {len(seconds)} tensors", round(middle, 3), None, None])
        rows.append([f"within Python, {name}, slowest tensor ({slowest})", round(seconds[slowest], 3), None, None])
    finish(DERIVATIONS, rows, given.record)


if __name__ == "__main__":
    main()
