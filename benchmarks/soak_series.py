"""Runs of `benchmarks.soak` that belong in one table, each in a process of its own.

    python -m benchmarks.soak_series false_alarms      (hours; also the largest errors)
    python -m benchmarks.soak_series reproduced
    python -m benchmarks.soak_series random_models     (hours)
    python -m benchmarks.soak_series random_kinds      (hours; --record writes each row at once)
    python -m benchmarks.soak_series random_trainings  (the same)

The first two need MNIST in ../shared/mnist. Exit status 1 if a number was outside its bound.
"""

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.record import Cell, Column, Measurement, child, finish, parser

MNIST = "--data ../shared/mnist"
SGD, SQUARED = "--optimizer sgd", "--loss mean_squared_error"
OFF = "TF_ENABLE_ONEDNN_OPTS=0"
KINDS = sorted(path.stem for path in (Path(__file__).parent / "kinds").glob("*.py") if path.stem != "__init__")
SERIES = {
    "false_alarms": (
        "--seeds 20",
        "--seeds 20 --dtype float64",
        f"--seeds 20 {MNIST}",
        f"--seeds 20 {MNIST} --dtype float64",
        *(
            f"--seeds 8 --batches 1,7,32,100 {MNIST} {kind}{dtype}"
            for kind in (SGD, f"{SGD} {SQUARED}", SQUARED)
            for dtype in ("", " --dtype float64")
        ),
        "--seeds 2 --batches 1,32,256 --steps 20 --rates 1e-6,1e-3,0.1,1",
        "--seeds 2 --batches 1,32,256 --steps 20 --rates 1e-6,0.1,1 --dtype float64",
        "--seeds 2 --batches 1,32 --steps 50 --beta-1 0.999 --beta-2 0.999999 --rates 1e-3,0.05",
        f"{OFF} --seeds 8 --threads 1",
        f"--seeds 4 --threads 2 {MNIST} --batches 1,7,64 --steps 10",
        f"--seeds 3 {SGD} --rates 1e-6,0.1,1 --batches 1,32 --steps 20",
    ),
    "reproduced": tuple(
        f"{flag}--seeds 2 {MNIST} --dtype {dtype} --batches 1,32"
        for dtype in ("float32", "float64")
        for flag in ("", f"{OFF} ")
    ),
    "random_models": ("--models 1000 --first 5000",),
    "random_kinds": ("--models 300 --of graphs", *(f"--models 200 --of {kind}" for kind in KINDS)),
    "random_trainings": tuple(f"--models 50 --first {first} --of trainings" for first in range(0, 2000, 50)),
}
FALSE_ALARMS = Measurement(
    "false_alarms",
    "False alarms: `benchmarks.soak`",
    "Training steps of the essay's network are captured and every number of every step is compared with its bound; a "
    "number outside would be a false alarm.",
    (
        Column("options of `benchmarks.soak`"),
        Column("runs"),
        Column("refused"),
        Column("diverged"),
        Column("numbers compared"),
        Column("outside"),
    ),
)
LARGEST_ERRORS = Measurement(
    "false_alarms_error_over_bound",
    "Largest error ÷ bound of each equation",
    "The largest share of its bound that any number used, in the first four rows of the table of false alarms.",
    (Column("equation"), Column("error ÷ bound", format=".4f")),
)
REPRODUCED = Measurement(
    "reproduced",
    "Numbers that are reproduced bit for bit",
    "The share of the numbers of three Adam steps on the cross-entropy that NumPy reproduces bit for bit; cut, not "
    "rounded.",
    (
        Column("precision"),
        Column("oneDNN"),
        *(Column(f"{kind}, batch {batch}", format=".1%") for kind in ("graph", "XLA") for batch in (1, 32)),
    ),
)
RANDOM_MODELS = Measurement(
    "random_models",
    "Random models: `benchmarks.soak --models`",
    "Two steps of models drawn at random, over all layers, losses, optimizers, precisions and compilers; every number "
    "is compared with its bound.",
    (
        Column("models"),
        Column("captured"),
        Column("refused"),
        Column("not judged"),
        Column("numbers compared"),
        Column("outside"),
    ),
)
RANDOM_KINDS = Measurement(
    "random_kinds",
    "Random models of one kind: `benchmarks.soak --of`",
    "Two steps of each model. Of each kind of layer 50 settings are drawn, each in float32 and float64, with and "
    "without XLA; graphs have 3 to 15 layers of all kinds. Every number is compared with its bound.",
    (
        Column("options of `benchmarks.soak`"),
        Column("captured"),
        Column("refused"),
        Column("not judged"),
        Column("numbers compared"),
        Column("outside"),
    ),
)
RANDOM_TRAININGS = replace(
    RANDOM_KINDS,
    name="random_trainings",
    title="Random trainings: `benchmarks.soak --of trainings`",
    measures="Ten steps of each training, over all losses, optimizers and what is around them, learning rates, weights "
    "of examples, regularizers, constraints, precisions and compilers. Every number is compared with its bound.",
    columns=(*RANDOM_KINDS.columns, Column("of the refused, not supported")),
)
REFUSED = "A run is refused (status 3) if the capture does not repeat, or differs from the model's own step."


def main() -> int:
    """Run a series and return the exit status: 0 nothing is outside its bound, 1 something is."""
    options = parser(__doc__)
    options.add_argument("series", choices=SERIES)
    given = options.parse_args()
    if given.series in ("random_kinds", "random_trainings"):
        return one_by_one(given.series, given.record)
    runs = [run(line) for line in SERIES[given.series]]
    if given.series == "reproduced":
        finish(REPRODUCED, [shares(r) for r in runs], given.record)
    elif given.series == "random_models":
        finish(RANDOM_MODELS, [together(runs)], given.record, REFUSED)
    else:
        names = ("runs", "refused", "diverged", "elements", "outside")
        rows = [[f"`{line}`", *(r[name] for name in names)] for line, r in zip(SERIES[given.series], runs, strict=True)]
        finish(FALSE_ALARMS, rows, given.record, REFUSED)
        finish(LARGEST_ERRORS, largest(runs[:4]), given.record)
    return int(any(r["outside"] for r in runs))


def one_by_one(series: str, record: bool) -> int:
    """Run a series; print and record the table after each run, because they take hours.  Returns the exit status."""
    rows: list[list[Cell]] = []
    for line in SERIES[series]:
        counts = run(line)
        unsupported = [counts["unsupported"]] if series == "random_trainings" else []
        rows.append([f"`{line}`", *sums([counts]), *unsupported])
        finish(RANDOM_TRAININGS if unsupported else RANDOM_KINDS, rows, record, REFUSED)
    return int(any(row[5] for row in rows))


def run(line: str) -> dict[str, Any]:
    """Run `benchmarks.soak` with these options, which may begin with environment variables; return its counts."""
    words = line.split()
    variables = dict(word.split("=", 1) for word in words if not word.startswith("--") and "=" in word)
    counts = child(
        "benchmarks.soak", [*(w for w in words if w.partition("=")[0] not in variables), "--json"], variables
    )
    return dict(counts)


def shares(counts: dict[str, Any]) -> list[Cell]:
    """Return the row of one run: precision, oneDNN, and the share of each kind, graph before XLA."""
    cut: list[Cell] = [math.floor(1000 * same / every) / 1000 for same, every in counts["reproduced"].values()]
    return [counts["dtype"], counts["onednn"], *cut]


def largest(runs: list[dict[str, Any]]) -> list[list[Cell]]:
    """Return a row for each equation: the largest error ÷ bound of all runs."""
    equations = sorted({equation for r in runs for equation in r["largest"]})
    return [[f"({e})", max(r["largest"].get(e, 0.0) for r in runs)] for e in equations]


def together(runs: list[dict[str, Any]]) -> list[Cell]:
    """Return one row with the sums over all runs."""
    return [", ".join(r["models"] for r in runs), *sums(runs)]


def sums(runs: list[dict[str, Any]]) -> list[Cell]:
    """Return how many models were captured, refused and not judged, and how many numbers were compared and outside."""
    return [sum(r[name] for r in runs) for name in ("runs", "refused", "unjudged", "elements", "outside")]


if __name__ == "__main__":
    sys.exit(main())
