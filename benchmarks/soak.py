"""Capture and verify many runs; say how many numbers were compared and how many were outside.

    python -m benchmarks.soak --seeds 20 --data digits --dtype float32

Every seed x batch 1, 7, 32 x eager graph and XLA x 3 steps. A run whose capture
did not repeat bit for bit, or disturbed the step, is refused and counted. Exit status 1 if anything was outside.
"""

from __future__ import annotations

import argparse
import itertools
import sys

from verify import samples
from verify.compare import compare
from verify.errors import Unverifiable
from verify.hush import hushed
from verify.settings import Settings


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--batches", default="1,7,32")
    parser.add_argument("--optimizer", default="adam")
    parser.add_argument("--loss", default="categorical_crossentropy")
    given = parser.parse_args()
    with hushed():
        from verify.capture import capture
    drawn = samples.load(given.data, "train")
    runs = refused = elements = outside = 0
    largest: dict[str, float] = {}
    batches = [int(text) for text in given.batches.split(",")]
    for seed, batch, jit in itertools.product(range(given.seeds), batches, (False, True)):
        settings = Settings(
            seed=seed, batch=batch, jit=jit, steps=3, dtype=given.dtype, data=given.data, index=37 * seed,
            optimizer=given.optimizer, loss=given.loss,
        )  # fmt: skip
        try:
            with hushed():
                trace = capture(settings, drawn)
        except Unverifiable as error:
            refused += 1
            print(f"refused (status 3): {settings}: {error}")
            continue
        runs += 1
        for c in compare(trace, "backprop").comparisons:
            elements += c.elements if c.mode == "local" else 0
            outside += c.outside
            if not c.passed:
                print(f"{settings}: {c}")
            kind = f"{c.mode} {c.equation}"
            largest[kind] = max(largest.get(kind, 0.0), c.utilisation)
    print(f"{given.data} {given.dtype} {given.optimizer} {given.loss}: {runs} runs, {refused} refused, ", end="")
    print(f"{elements:,} elements compared, {outside} outside")
    for kind, utilisation in sorted(largest.items()):
        print(f"  {kind:24} largest error/radius {utilisation:.4f}")
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
