"""Public reports in the releases of Keras that they name, beside the right values and the newest release.

    python -m benchmarks.releases

Each release gets a virtual environment of its own, in a temporary folder, with the TensorFlow of its time. There
`releases_capture.py` computes the numbers. Exit status: 0 they were computed, 1 a release could not be installed.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from math import sqrt
from pathlib import Path

from benchmarks.matrix import installed
from benchmarks.record import Cell, Column, Measurement, finish, parser

RELEASES = {"3.4.1": "2.17.1", "3.12.0": "2.20.0", "3.15.1": "2.21.0"}  # of Keras, with a TensorFlow
WRONG = 1e-5  # relative: above the rounding of a few dozen float32 operations, below every reported difference
PUBLIC_REPORTS = Measurement(
    "releases",
    "Public reports in the releases of Keras that they name",
    "Each number as it should be, and as each release of Keras computes it in float32.",
    (
        Column("report"),
        Column("number"),
        Column("right", format=".8f"),
        *(Column(f"Keras {release}", format=".8f") for release in RELEASES),
        Column("differ"),
    ),
    packages=(),
)
SIX = (1.0, 2.0, 6.0, -1.0, -1.0, 5.0)


def main() -> int:
    """Run all releases, print the table and return the exit status."""
    given = parser(__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="releases-") as folder:
        found = {release: computed(release, Path(folder) / release) for release in RELEASES}
    finish(PUBLIC_REPORTS, rows(found), given.record)
    return int(any("problem" in numbers for numbers in found.values()))


def computed(release: str, environment: Path) -> dict[str, Cell]:
    """Return the numbers of a release of Keras by name; {"problem": why} if there are none."""
    if problem := installed(RELEASES[release], environment, release):
        return {"problem": problem}
    script = Path(__file__).with_name("releases_capture.py")
    variables = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [str(environment / "bin" / "python"), str(script)]
    done = subprocess.run(command, cwd=environment, env=variables, capture_output=True, text=True)
    if done.returncode:
        return {"problem": (done.stderr.strip().splitlines() or ["it says nothing"])[-1][:120]}
    return dict(json.loads(done.stdout.splitlines()[-1]))


def rows(found: dict[str, dict[str, Cell]]) -> list[list[Cell]]:
    """Return a row for each number: its report, the right value, that of each release, and which releases differ."""
    table: list[list[Cell]] = []
    for name, (report, number, right) in right_values().items():
        cells = [numbers.get(name, numbers.get("problem")) for numbers in found.values()]
        differ = [
            release
            for release, cell in zip(found, cells, strict=True)
            if isinstance(cell, float) and abs(cell - right) > WRONG * abs(right)
        ]
        table.append([report, number, right, *cells, ", ".join(differ) or "none"])
    return table


def right_values() -> dict[str, tuple[str, str, float]]:
    """Return by name the report, what is computed, and the right value: one update from the mean of the gradients."""
    mean = sum(SIX[:3]) / 3
    average, w = 0.0, 10.0
    for _ in range(4):
        w -= 0.01
        average = w if not average else 0.5 * average + 0.5 * w
    three, six = "gradients 1, 2, 6 accumulated", "then -1, -1, 5"
    return {
        "sgd": ("keras#19990", f"SGD, {three}", 1 - 0.1 * mean),
        "decay": ("keras#19990", f"SGD with weight decay, {three}", 1 - 0.1 * 0.1 - 0.1 * mean),
        "clip": ("keras#19990", f"SGD with clipvalue, {three}", 1 - 0.1 * min(mean, 1.5)),
        "adam": ("keras#19990", f"Adam, {three}", adam([mean])),
        "adam twice": ("keras#19990", f"Adam, {three}, {six}", adam([mean, sum(SIX[3:]) / 3])),
        "average": ("none known", "average of w over four accumulated updates", average),
        "reported": ("keras#22596", "cost that the third train_on_batch reports", 9.0),
    }


def adam(gradients: Sequence[float]) -> float:
    """Return what Adam makes of w = 1 with the learning rate 0.1.  Kingma & Ba 2015, section 2, with Keras's ε."""
    w, m, v = 1.0, 0.0, 0.0
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w -= 0.1 * sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / (sqrt(v) + 1e-7)
    return w


if __name__ == "__main__":
    sys.exit(main())
