"""Measure whether the bits of a training depend on the number of threads in which TensorFlow computes.

    python -m benchmarks.threads --data ../shared/mnist
    python -m benchmarks.threads --threads 1 2 --batches 32

Each number of threads has its own process, which trains some steps from the same weights for each precision, with and
without XLA, and for each batch size. Exit status 1 if bits differ although `verify.training` takes them to be equal and
computes in one thread.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from benchmarks.record import Column, Measurement, child, finish, parser
from reference.network import ESSAY

THREADS = (1, 2, 8)
BATCHES = (1, 2, 7, 16, 32, 33, 64, 100, 128, 256, 512)
STEPS = 6
Digests = dict[str, dict[str, list[Any]]]  # "bits" and "taken", by kind of run, for each batch size
THREADS_AND_BITS = Measurement(
    "threads",
    "Threads and bits",
    f"The batch sizes for which every C of {STEPS} Adam steps and the last weights have the same bits in each number "
    "of threads, and those for which they do not.",
    (Column("kind of run"), Column("the same bits at batch"), Column("other bits at batch")),
)


def main() -> int:
    """Measure each number of threads, print the table, and return the exit status."""
    options = parser(__doc__)
    options.add_argument("--data", default="digits")
    options.add_argument("--threads", type=int, nargs="+", default=THREADS)
    options.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    options.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.here:
        print(json.dumps(_digests(given.data, given.batches)))
        return 0
    runs = [_in_process(given.data, given.batches, threads) for threads in given.threads]
    wrong, rows = False, []
    for kind, taken in runs[0]["taken"].items():
        equal = [len(set(digests)) == 1 for digests in zip(*(run["bits"][kind] for run in runs), strict=True)]
        same, other = (
            ", ".join(str(batch) for batch, e in zip(given.batches, equal, strict=True) if e == which)
            for which in (True, False)
        )
        rows.append([kind, same or "none", other or "none"])
        wrong |= any(t and not e for t, e in zip(taken, equal, strict=True))
    finish(THREADS_AND_BITS, rows, given.record, f"Threads: {', '.join(map(str, given.threads))}.")
    return int(wrong)


def _in_process(data: str, batches: Sequence[int], threads: int) -> Digests:
    """Return what a process with this number of threads finds."""
    variables = {"TF_NUM_INTRAOP_THREADS": str(threads), "TF_NUM_INTEROP_THREADS": str(threads)}
    digests: Digests = child(
        "benchmarks.threads", ["--here", "--data", data, "--batches", *map(str, batches)], variables
    )
    return digests


def _digests(data: str, batches: Sequence[int]) -> Digests:
    """Return the digests of every C and the last weights, and whether one thread is taken, by kind and batch size."""
    from verify.inputs import samples
    from verify.runtime.stderr import hushed
    from verify.training.configuration import TrainingConfiguration

    train = samples.load(data, "train")
    digests: Digests = {"bits": {}, "taken": {}}
    with hushed():
        from verify.capture.threads import bits_are_equal
        from verify.capture.trainer import Learner

        for dtype, jit in product(("float32", "float64"), (False, True)):
            kind = f"{dtype}, {'XLA' if jit else 'graph'}"
            for batch in batches:
                configuration = TrainingConfiguration(data=data, batch=batch, dtype=dtype, jit=jit)
                learner = Learner(configuration.settings, ESSAY)
                steps = zip(configuration.batches(train, 1), range(STEPS), strict=False)
                arrays = [*(learner.step(X, y)["C"] for (X, y), _ in steps), *learner.weights().values()]
                content = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
                digests["bits"].setdefault(kind, []).append(hashlib.sha256(content).hexdigest())
                digests["taken"].setdefault(kind, []).append(bits_are_equal(configuration.settings, ESSAY))
    return digests


if __name__ == "__main__":
    sys.exit(main())
