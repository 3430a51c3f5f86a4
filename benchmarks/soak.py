"""Capture and verify many runs; say how many numbers were compared and how many were outside.

    python -m benchmarks.soak --seeds 20 --data digits --dtype float32
    python -m benchmarks.soak --seeds 4 --batches 1,256 --steps 50 --rates 1e-6,1e-3,1 --beta-2 0.999999
    python -m benchmarks.soak --models 300 --first 0
    TF_ENABLE_ONEDNN_OPTS=0 python -m benchmarks.soak --threads 1

Every seed x batch x learning rate x eager graph and XLA. A run whose capture did not repeat bit for bit, or
disturbed the step, is refused and counted, and so is one whose training diverges to infinity or NaN, up to
there. Exit status 1 if anything was outside.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import sys
from collections import Counter
from dataclasses import replace

import numpy as np

from reference.optimizers.adam import KERAS
from reference.optimizers.sgd import SGD
from verify.compare.recompute import share
from verify.compare.walk import compare
from verify.errors import Unusable, Unverifiable
from verify.inputs import samples
from verify.records.settings import OPTIMIZERS, Settings
from verify.records.trace import Trace
from verify.runtime.stderr import hushed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--batches", default="1,7,32")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rates", default="", help="learning rates of the optimizer, in place of its own")
    parser.add_argument("--beta-1", type=float, default=0.9)
    parser.add_argument("--beta-2", type=float, default=0.999)
    parser.add_argument("--threads", type=int, default=0, help="of TensorFlow; 0: as many as it likes")
    parser.add_argument("--optimizer", default="adam")
    parser.add_argument("--loss", default="categorical_crossentropy")
    parser.add_argument("--models", type=int, default=0, help="so many random models in place of the essay's")
    parser.add_argument("--first", type=int, default=0, help="the number of the first of them")
    given = parser.parse_args()
    if given.threads:
        os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = str(given.threads)
    if given.models:
        return models(range(given.first, given.first + given.models))
    with hushed():
        from verify.capture.capture import capture
    drawn = samples.load(given.data, "train")
    runs = refused = diverged = elements = outside = 0
    largest: dict[str, float] = {}
    same: dict[tuple[bool, int], list[int]] = {}  # of each batch size, in the graph and under XLA
    batches = [int(text) for text in given.batches.split(",")]
    rates = [float(text) for text in given.rates.split(",")] if given.rates else [0.0]
    for seed, batch, rate, jit in itertools.product(range(given.seeds), batches, rates, (False, True)):
        _set_optimizer(given, rate)
        settings = Settings(
            seed=seed, batch=batch, jit=jit, steps=given.steps, dtype=given.dtype, data=given.data, index=37 * seed,
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
        steps = _finite(trace)
        diverged += steps < given.steps
        for c in compare(_first(trace, steps), "backprop").comparisons if steps else ():
            if c.mode == "local":
                elements += c.elements
                counted = same.setdefault((jit, batch), [0, 0])
                counted[:] = counted[0] + c.reproduced, counted[1] + c.elements
            outside += c.outside
            if not c.passed:
                print(f"{settings}: {c}")
            kind = f"{c.mode} {c.equation}"
            largest[kind] = max(largest.get(kind, 0.0), c.utilisation)
    print(f"{given.data} {given.dtype} {given.optimizer} {given.loss}: {runs} runs, {refused} refused, ", end="")
    print(f"{diverged} diverged, {elements:,} elements compared, {outside} outside")
    onednn = "off" if os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "0" else "on"
    for (jit, batch), (right, every) in sorted(same.items()):
        kind = "XLA" if jit else "graph"
        print(f"  {given.dtype}, {kind}, oneDNN {onednn}, batch {batch}: {share(right, every)} of {every:,} reproduced")
    for kind, utilisation in sorted(largest.items()):
        print(f"  {kind:24} largest error/radius {utilisation:.4f}")
    return 1 if outside else 0


def models(numbers: range) -> int:
    """Random models: captured, verified, counted."""
    with hushed():
        from benchmarks.random_models import drawn
        from verify.capture.capture import capture_model
    runs = refused = elements = outside = failed = 0
    reasons: Counter[str] = Counter()
    largest: dict[str, float] = {}
    for number in numbers:
        with hushed():
            model, batches, text = drawn(number)
            try:
                trace = capture_model(model, batches)
            except (Unverifiable, Unusable) as error:
                refused += 1
                reasons[re.sub(r"[\d/]+", "#", str(error))] += 1
                print(f"{number}: {text}\n   refused: {error}", flush=True)
                continue
        runs += 1
        found = compare(trace, "backprop").comparisons
        elements += sum(c.elements for c in found if c.mode == "local")
        outside += sum(c.outside for c in found if c.mode == "local")
        wrong = [c for c in found if not c.passed and c.mode == "local"]
        failed += bool(wrong)
        for c in wrong[:2]:
            print(
                f"{number}: {text}\n   {c.step} {c.tensor} {c.verdict} {c.utilisation:.4g} {c.explanation}", flush=True
            )
        for c in (c for c in found if c.mode == "local"):
            largest[c.equation] = max(largest.get(c.equation, 0.0), c.utilisation)
    print(f"models {numbers.start} to {numbers.stop - 1}: {runs} verified, {failed} with something outside, ", end="")
    print(f"{refused} refused, {elements:,} elements compared, {outside} outside")
    for reason, count in reasons.most_common():
        print(f"  refused {count}: {reason}")
    for kind, utilisation in sorted(largest.items()):
        print(f"  {kind:28} largest error/radius {utilisation:.4f}")
    return 1 if failed else 0


def _set_optimizer(given: argparse.Namespace, rate: float) -> None:
    """What both sides read: Keras's optimizer and the equations."""
    if given.optimizer == "sgd":
        OPTIMIZERS["sgd"] = SGD(rate or SGD().learning_rate)
    else:
        adam = replace(KERAS, beta_1=given.beta_1, beta_2=given.beta_2)
        OPTIMIZERS["adam"] = replace(adam, learning_rate=rate) if rate else adam


def _finite(trace: Trace) -> int:
    """How many steps from the first have finite numbers only: after that there is nothing to compare."""
    for step in range(1, trace.settings.steps + 1):
        if not all(np.isfinite(array).all() for array in trace.step(step).values()):
            return step - 1
    return trace.settings.steps


def _first(trace: Trace, steps: int) -> Trace:
    kept = {name: a for name, a in trace.tensors.items() if int(name.partition("/")[0][4:]) <= steps}
    return replace(trace, settings=replace(trace.settings, steps=steps), tensors=kept)


if __name__ == "__main__":
    sys.exit(main())
