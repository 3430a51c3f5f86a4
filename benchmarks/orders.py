"""Which numbers of the essay's training step NumPy reproduces bit for bit, once it adds in TensorFlow's order.

    python -m benchmarks.orders --data ../shared/mnist
    python -m benchmarks.orders --one --batch 32 --jit      (one run: every tensor, and how TensorFlow computed it)

Each row is one step of Adam on the cross-entropy. Exit status 1 if a number of the first four rows is not reproduced.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.record import Cell, Column, Measurement, child, finish, parser
from reference.rules import rules
from verify.compare.recompute import coefficients_as_numbers, impossible_raises, recompute
from verify.inputs import samples
from verify.orders import find
from verify.orders.known import terms_of
from verify.records.settings import OPTIMIZERS, Settings
from verify.records.trace import Trace
from verify.runtime.stderr import hushed

ORDERS = Measurement(
    "orders",
    "Every bit of a training step, by hand",
    "The numbers of one step of the essay's network that NumPy computes to the same bits: with its own order of sums "
    "and its own exp and log, and with those of `verify/orders`. Shares are cut, not rounded.",
    (
        Column("run"),
        Column("batch"),
        Column("numbers"),
        Column("plain NumPy", format=".3%"),
        Column("known orders", format=".3%"),
        Column("other bits", format=","),
        Column("in", ""),
        Column("search", "s", ".2f"),
    ),
)
BATCHES = 1, 7, 32, 256
RUNS: dict[str, tuple[list[str], dict[str, str]]] = {
    "graph, float32": ([], {}),
    "AVX2": ([], {"ONEDNN_MAX_CPU_ISA": "AVX2"}),
    "oneDNN off": ([], {"TF_ENABLE_ONEDNN_OPTS": "0"}),
    "XLA, float32": (["--jit"], {}),
    "graph, float64": (["--dtype", "float64"], {}),
}


@dataclass(frozen=True)
class Row:
    """A tensor: its numbers, how many plain NumPy reproduces, how many it does with a known order, and which it is."""

    tensor: str
    numbers: int
    plain: int
    same: int
    text: str = ""


def main() -> int:
    """Measure, print and return the exit status."""
    options = parser(__doc__)
    options.add_argument("--data", default="../shared/mnist")
    options.add_argument("--one", action="store_true", help="one run")
    options.add_argument("--batch", type=int, default=32)
    options.add_argument("--dtype", default="float32")
    options.add_argument("--jit", action="store_true")
    options.add_argument("--json", action="store_true", help="print the counts of the run as JSON")
    given = options.parse_args()
    if given.one:
        return one(given)
    table: list[list[Cell]] = []
    for name, (words, variables) in RUNS.items():
        for batch in BATCHES:
            arguments = ["--one", "--json", "--data", given.data, "--batch", str(batch), *words]
            counts = child("benchmarks.orders", arguments, variables)
            numbers, plain, same, where, seconds = counts
            cut = [int(1e5 * share / numbers) / 1e5 for share in (plain, same)]
            table.append([name, batch, numbers, *cut, numbers - same, where or "none", seconds])
    finish(ORDERS, table, given.record)
    return int(any(row[5] for row in table[: len(BATCHES)]))


def one(given: argparse.Namespace) -> int:
    """Capture one step, and print how TensorFlow computed each tensor that plain NumPy does not reproduce."""
    with hushed():
        from verify.capture.capture import capture

        trace = capture(
            Settings(batch=given.batch, dtype=given.dtype, jit=given.jit, data=given.data),
            samples.load(given.data, "train"),
        )
    begin = time.perf_counter()
    found = list(reproduced(trace))
    seconds = time.perf_counter() - begin
    where = ", ".join(row.tensor for row in found if row.same < row.numbers)
    numbers, plain, same = (sum(getattr(row, name) for row in found) for name in ("numbers", "plain", "same"))
    if given.json:
        print(json.dumps([numbers, plain, same, where, seconds]))
        return 0
    for row in found:
        if row.plain < row.numbers:
            print(f"{row.tensor}: {row.same:,} of {row.numbers:,} ({row.plain:,} by plain NumPy); {row.text}")
    print(f"{same:,} of {numbers:,} numbers reproduced bit for bit")
    return 0


def reproduced(trace: Trace) -> Iterator[Row]:
    """Yield a row for each tensor that a rule of the first step computes."""
    step, settings = trace.step(1), trace.settings
    optimizer = OPTIMIZERS[settings.optimizer]
    known = {**step, **coefficients_as_numbers(1, optimizer, settings.dtype)}
    for rule in rules(trace.network, settings.loss, optimizer):
        if rule.phase == "start":
            continue
        tensorflow = step[rule.tensor]
        with impossible_raises():
            array = recompute(rule, known, settings.dtype)
        plain = 0 if array is None else int(np.count_nonzero(array == tensorflow))
        if plain == tensorflow.size:
            yield Row(rule.tensor, plain, plain, plain)
            continue
        operands = tuple(known[name] for name in rule.inputs)
        kernel = find(rule, operands, tensorflow)
        better = kernel is not None and kernel.same > plain
        same, text = (kernel.same, kernel.text(terms_of(rule, operands))) if kernel and better else (plain, "not known")
        yield Row(rule.tensor, tensorflow.size, plain, same, text)


if __name__ == "__main__":
    sys.exit(main())
