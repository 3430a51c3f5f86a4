"""Do the bits of a training hang on the number of threads TensorFlow computes in?

    python -m benchmarks.threads --data ../shared/mnist
    python -m benchmarks.threads --threads 1 2 --batches 32

For each number of threads a process of its own; in it some steps from the same weights for each precision, with and
without XLA, and each batch size. A line says with which of the batch sizes all have the same bits. Ends with status 1
where they differ though `verify.training` takes them to be equal and computes in one thread.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np

from reference.network import ESSAY

THREADS = (1, 2, 8)
BATCHES = (1, 2, 7, 16, 32, 33, 64, 100, 128, 256, 512)
STEPS = 6
Found = dict[str, dict[str, list[Any]]]  # bits and taken, by kind of run, for each batch size


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--threads", type=int, nargs="+", default=THREADS)
    parser.add_argument("--batches", type=int, nargs="+", default=BATCHES)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        print(json.dumps(_digests(given.data, given.batches)))
        return 0
    found = [_apart(given.data, given.batches, threads) for threads in given.threads]
    wrong, threads = False, ", ".join(map(str, given.threads))
    for kind in found[0]["bits"]:
        pairs = zip(given.batches, *(run["bits"][kind] for run in found), strict=True)
        same = {batch: len(set(digests)) == 1 for batch, *digests in pairs}
        told = {True: "the same bits", False: "other bits"}
        for equal in (True, False):
            batches = ", ".join(str(batch) for batch, is_equal in same.items() if is_equal == equal)
            if batches:
                print(f"{kind:15} {told[equal]} in {threads} threads with batches of {batches}")
        taken = found[0]["taken"][kind]
        wrong |= any(taken[at] and not equal for at, equal in enumerate(same.values()))
    return int(wrong)


def _apart(data: str, batches: Sequence[int], threads: int) -> Found:
    environment = {**os.environ, "TF_NUM_INTRAOP_THREADS": str(threads), "TF_NUM_INTEROP_THREADS": str(threads)}
    words = ["--here", "--data", data, "--batches", *map(str, batches)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.threads", *words], capture_output=True, text=True, env=environment
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: Found = json.loads(done.stdout.splitlines()[-1])
    return found


def _digests(data: str, batches: Sequence[int]) -> Found:
    """By kind of run, for each batch size: of every C and the last weights, and whether one thread is taken for it."""
    from verify.inputs import samples
    from verify.runtime.stderr import hushed
    from verify.training.configuration import TrainingConfiguration

    train = samples.load(data, "train")
    found: Found = {"bits": {}, "taken": {}}
    with hushed():
        from verify.capture.threads import bits_are_equal
        from verify.capture.trainer import Learner

        for dtype, jit in product(("float32", "float64"), (False, True)):
            kind = f"{dtype}, {'XLA' if jit else 'graph'}:"
            for batch in batches:
                configuration = TrainingConfiguration(data=data, batch=batch, dtype=dtype, jit=jit)
                learner = Learner(configuration.settings, ESSAY)
                steps = zip(configuration.batches(train, 1), range(STEPS), strict=False)
                arrays = [*(learner.step(X, y)["C"] for (X, y), _ in steps), *learner.weights().values()]
                content = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
                found["bits"].setdefault(kind, []).append(hashlib.sha256(content).hexdigest())
                found["taken"].setdefault(kind, []).append(bits_are_equal(configuration.settings, ESSAY))
    return found


if __name__ == "__main__":
    sys.exit(main())
