"""How long the derivation of one number takes: of every tensor of a step, and as a whole process.

python -m benchmarks.explain        (a few minutes; TensorFlow captures the step once)
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from verify.cli.capturing import capture_for
from verify.cli.options import Options
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.records.trace import Trace
from verify.results.files import save

ROUNDS = 5
ASKED = (("A3[10]",), ("dW1[2,3]", "--depth", "all"), ("update_W1[784,128]",), ("W1_new[300,3]", "--depth", "all"))


def each(held: Trace, depth: int | None) -> dict[str, float]:
    """Seconds of the processor for the last element of each tensor, with nothing kept from another."""
    found = {}
    for tensor in DerivedStep(held, 1).names:
        began = time.process_time()
        case = DerivedStep(held, 1)
        explain(case, tensor, case.shape(tensor), depth)
        found[tensor] = time.process_time() - began
    return found


def process(path: Path, words: tuple[str, ...]) -> tuple[float, float]:
    """Seconds of the processor and of the clock for the whole command, the median of some runs."""
    used, passed = [], []
    for _ in range(ROUNDS):
        before, began = os.times(), time.perf_counter()
        command = [sys.executable, "-m", "verify.explain", *words, "--trace", str(path), "--out", str(path.parent)]
        subprocess.run([*command, "--quiet"], check=True, capture_output=True)
        after = os.times()
        passed.append(time.perf_counter() - began)
        used.append(after.children_user - before.children_user + after.children_system - before.children_system)
    return statistics.median(used), statistics.median(passed)


def main() -> None:
    held = capture_for("backprop", Options(Path("out")))
    for depth in (1, None):
        found = each(held, depth)
        worst = max(found, key=lambda name: found[name])
        middle = statistics.median(found.values())
        print(f"depth {depth or 'all'}: {len(found)} tensors, median {middle * 1000:.0f} ms, slowest {worst} "
              f"{found[worst] * 1000:.0f} ms")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.npz"
        save(path, held)
        for words in ASKED:
            used, passed = process(path, words)
            print(f"{' '.join(words)}: {used:.2f} s of the processor, {passed:.2f} s by the clock")


if __name__ == "__main__":
    main()
