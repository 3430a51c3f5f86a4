"""Measure the lock-step verification beside model.fit, on the same data and batches.

    python -m benchmarks.training --data ../shared/mnist --steps 1000 --rounds 3
    python -m benchmarks.training --scaling

Each kind of run has its own process (`benchmarks.training_runs`); the kinds alternate for several rounds. Exit status 1
if the weights after `capture` or `lockstep` differ from those of `fit` in a bit.
"""

import argparse
import statistics
import sys
from typing import Any

from benchmarks.record import Cell, Column, Measurement, child, finish, parser, spread
from benchmarks.training_runs import WARM

KINDS = {
    "fit": "`model.fit`, nothing captured",
    "by hand": "by-hand training alone",
    "capture": "capture alone",
    "lockstep": "capture, by hand and verification of everything",
}


RATIOS = Measurement(
    "lockstep",
    "Speed of the lock-step verification",
    "Time and peak memory of a training on the same batches of the essay's network: Keras's own loop `fit`, and what "
    f"`verify.training` does, in part and in whole. The first {WARM} steps are not timed; medians of all rounds.",
    (
        Column("what is done at every step"),
        Column("time a step", "ms", ".2f"),
        Column("time ÷ fit", format=".2f"),
        Column("memory ÷ fit", format=".2f"),
        Column("memory", "MiB", ",.0f"),
    ),
)
SCALING = Measurement(
    "lockstep_scaling",
    "Lock-step verification against batch size, width and depth",
    "Time a step of `fit` and of the lock-step verification; one round.",
    (
        Column("batch"),
        Column("network"),
        Column("fit", "ms", ".2f"),
        Column("lock-step", "ms", ".2f"),
        Column("lock-step ÷ fit", format=".2f"),
    ),
)
MEMORY = Measurement(
    "lockstep_memory",
    "Memory of the lock-step verification against the number of steps",
    "Peak memory of both processes together.",
    (Column("steps"), Column("memory", "MiB", ",.0f")),
)


def main() -> int:
    """Measure what the options say, print the table, and return the exit status."""
    options = parser(__doc__)
    options.add_argument("--data", default="digits")
    options.add_argument("--steps", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--batch", type=int, default=32)
    options.add_argument("--scaling", action="store_true", help="time a step against batch size, width and depth")
    options.add_argument("--memory", action="store_true", help="peak memory against the number of steps")
    given = options.parse_args()
    if given.scaling:
        return _scaling(given)
    if given.memory:
        rows = [[steps, _run("lockstep", given, steps=steps)["memory"]] for steps in (500, 2000, 6000)]
        finish(MEMORY, rows, given.record)
        return 0
    return _ratios(given)


def _ratios(given: argparse.Namespace) -> int:
    runs: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for _ in range(given.rounds):
        for kind in KINDS:
            runs[kind].append(_run(kind, given))
    rows: list[list[Cell]] = []
    for kind in KINDS:
        pairs = list(zip(runs[kind], runs["fit"], strict=True))
        rows.append([
            KINDS[kind],
            statistics.median(run["seconds"] / given.steps * 1e3 for run in runs[kind]),
            1 if kind == "fit" else spread([run["seconds"] / fit["seconds"] for run, fit in pairs]),
            statistics.median(run["memory"] / fit["memory"] for run, fit in pairs),
            statistics.median(run["memory"] for run in runs[kind]),
        ])  # fmt: skip
    same = len({run["weights"] for kind in ("fit", "capture", "lockstep") for run in runs[kind]}) == 1
    finish(
        RATIOS,
        rows,
        given.record,
        f"The weights after fit, capture and lock-step are {'equal' if same else 'DIFFERENT'}.",
    )
    return 0 if same else 1


def _run(kind: str, given: argparse.Namespace, **changed: Any) -> dict[str, Any]:
    """Return the measurement of one kind of run, in its own process."""
    options = {"data": given.data, "steps": given.steps, "batch": given.batch, **changed}
    words = [word for name, value in options.items() if value for word in (f"--{name}", str(value))]
    return dict(child("benchmarks.training_runs", [kind, *words]))


def _scaling(given: argparse.Namespace) -> int:
    base, rows = "784,128,64,10", list[list[Cell]]()
    for batch, sizes in (
        *((n, base) for n in (1, 8, 32, 128, 512)),
        *((32, f"784,{n},64,10") for n in (32, 512, 1024)),
        *((32, ",".join(["784", *["64"] * n, "10"])) for n in (1, 4, 8)),
    ):  # fmt: skip
        fit, lockstep = (_run(kind, given, batch=batch, sizes=sizes)["seconds"] for kind in ("fit", "lockstep"))
        each = 1e3 / given.steps
        rows.append([batch, sizes.replace(",", "-"), fit * each, lockstep * each, lockstep / fit])
    finish(SCALING, rows, given.record)
    return 0


if __name__ == "__main__":
    sys.exit(main())
