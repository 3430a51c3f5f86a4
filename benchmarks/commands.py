"""Measure the commands that verify the verification and the essay, on a saved trace, and two long runs.

python -m benchmarks.commands short
python -m benchmarks.commands training --data ../shared/mnist      (minutes to hours: the essay's 20 epochs)
python -m benchmarks.commands sweep                                (some minutes: 5,200 cases)
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.ratios import measure
from benchmarks.record import Cell, Column, Measurement, finish, parser

SWEEP = "--seeds 0:65 --digits all --batch 1,32 --dtype float32,float64 --jit both --workers 2"
SHORT = Measurement(
    "commands",
    "What a PASS is worth, and checking the essay",
    "Time of `verify.faults` and `verify.printed` on a saved trace, and the faults that `verify.faults` notices in "
    "three steps of 32 digits.",
    (Column("command"), Column("what"), Column("measured"), Column("unit")),
)
TRAINING = Measurement(
    "training_mnist",
    "A whole training on MNIST",
    "`verify.training` with the essay's configuration: batch 32, 20 epochs, float32, seed 0. Accuracy on both sides, "
    "the difference between the two sets of weights (largest, and its norm over that of the weights), and the share of "
    "test images that are classified differently.",
    (
        Column("epoch"),
        *(
            Column(f"{split}, {side}", format=".2%")
            for split in ("train", "test")
            for side in ("by hand", "TensorFlow")
        ),
        Column("largest difference", format=".1e"),
        Column("relative difference", format=".1e"),
        Column("classified differently", format=".2%"),
    ),
)
LONG_SWEEP = Measurement(
    "sweep_agreement",
    "Sweeps: agreement of all cases",
    f"`python -m verify.sweep {SWEEP}`: every tensor of one step in each case is compared with its bound.",
    (
        Column("cases"),
        Column("numbers compared"),
        Column("outside"),
        Column("not verified"),
    ),
    ("tensorflow", "keras", "numpy", "dask", "pyarrow"),
)


def main() -> None:
    """Run what the options name and print its table."""
    options = parser(__doc__)
    options.add_argument("what", choices=("short", "training", "sweep"))
    options.add_argument("--data", default="mnist")
    given = options.parse_args()
    {"short": short, "training": training, "sweep": sweep}[given.what](given)


def short(given: argparse.Namespace) -> None:
    """Measure verify.faults and verify.printed on saved traces."""
    with tempfile.TemporaryDirectory() as folder:
        faults, printed, out = f"{folder}/faults.npz", f"{folder}/printed.npz", ("--out", f"{folder}/out")
        whole, _ = measure("-m", "verify.faults", "--save-trace", faults, *out)
        saved, memory = measure("-m", "verify.faults", "--trace", faults, *out)
        counts = json.loads(Path(folder, "out", "result.json").read_text())["counts"]
        measure("-m", "verify.printed", "--save-trace", printed, *out)
        essay, _ = measure("-m", "verify.printed", "--trace", printed, *out)
        index, _ = measure("-m", "verify.printed", "--index")
    rows: list[list[Cell]] = [
        *(["`verify.faults`", f"faults {name}", counts[key], ""] for name, key in COUNTS.items()),
        ["`verify.faults`", "with the capture", round(whole), "s"],
        ["`verify.faults --trace`", "on a saved trace", round(saved), "s"],
        ["`verify.faults --trace`", "peak memory", round(memory), "MB"],
        ["`verify.printed --trace`", "on a saved trace", round(essay, 1), "s"],
        ["`verify.printed --index`", "start-up only", round(index, 1), "s"],
    ]
    finish(SHORT, rows, given.record)


COUNTS = {
    "tried": "tried", "noticed": "caught", "equal to the truth within rounding": "equal", "unnoticed": "survived",
    "that have a cause to be named": "to_name", "whose cause is named correctly, and first": "named",
}  # fmt: skip


def training(given: argparse.Namespace) -> None:
    """Run the whole training and read its result."""
    result = run("training", "--data", given.data)
    counts = result["counts"]
    note = f"{counts['steps']:,} steps, {counts['elements']:,} numbers compared, {counts['outside']} outside."
    finish(
        TRAINING, [[int(epoch), *rest] for epoch, *rest in (e.values() for e in result["epochs"])], given.record, note
    )


def sweep(given: argparse.Namespace) -> None:
    """Run the long sweep and read its result."""
    counts = run("sweep", *SWEEP.split())["counts"]
    finish(LONG_SWEEP, [[counts[n] for n in ("cases", "elements", "outside", "not_verified")]], given.record)


def run(name: str, *words: str) -> dict[str, Any]:
    """Run `python -m verify.NAME` and return its result.json."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", f"verify.{name}", *words, "--out", folder], check=False)
        return dict(json.loads(Path(folder, "result.json").read_text()))


if __name__ == "__main__":
    main()
