"""Capture and verify many runs; say how many numbers were compared and how many were outside.

    python -m benchmarks.soak --seeds 20 --data digits --dtype float32
    python -m benchmarks.soak --seeds 4 --batches 1,256 --steps 50 --rates 1e-6,1e-3,1 --beta-2 0.999999
    python -m benchmarks.soak --models 300 --first 0
    python -m benchmarks.soak --models 200 --of max_pooling
    TF_ENABLE_ONEDNN_OPTS=0 python -m benchmarks.soak --threads 1

Every seed x batch x learning rate x graph and XLA. A run whose capture did not repeat bit for bit, or changed the step,
is refused. A training that diverges to infinity or NaN is compared up to there. Both are counted, and so are random
models of which a number could not be judged. Exit status 1 if a comparison failed. `benchmarks.soak_series` makes the
recorded tables from such runs.
"""

import argparse
import itertools
import json
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np

from reference.optimizers.adam import KERAS
from reference.optimizers.sgd import SGD
from verify.compare.recompute import share
from verify.compare.tensor import Comparison
from verify.compare.walk import compare
from verify.errors import Unsupported, Unusable, Unverifiable
from verify.inputs import samples
from verify.records.settings import OPTIMIZERS, Settings
from verify.records.trace import Trace
from verify.runtime.stderr import hushed

SHOWN = 5  # comparisons of one run that failed
TOGETHER = 50  # random models in one process


def main() -> int:
    """Run what the options say and return the exit status: 0 every comparison passed, 1 one failed."""
    given = options().parse_args()
    if given.threads:
        os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = str(given.threads)
    counts = models(range(given.first, given.first + given.models), given.of) if given.models else essay(given)
    if given.json:
        print(json.dumps(asdict(counts)))
    else:
        show(counts)
    return 1 if counts.failed else 0


def options() -> argparse.ArgumentParser:
    """Return the parser of the options."""
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--seeds", type=int, default=20)
    made.add_argument("--data", default="digits")
    made.add_argument("--dtype", default="float32")
    made.add_argument("--batches", default="1,7,32")
    made.add_argument("--steps", type=int, default=3)
    made.add_argument("--rates", default="", help="learning rates of the optimizer, in place of its own")
    made.add_argument("--beta-1", type=float, default=0.9)
    made.add_argument("--beta-2", type=float, default=0.999)
    made.add_argument("--threads", type=int, default=0, help="of TensorFlow; 0: as many as it likes")
    made.add_argument("--optimizer", default="adam")
    made.add_argument("--loss", default="categorical_crossentropy")
    made.add_argument("--models", type=int, default=0, help="verify this many random models instead of the essay's")
    made.add_argument("--first", type=int, default=0, help="the number of the first of them")
    made.add_argument(
        "--of", default="chains", help="chains, graphs, trainings, or a kind of layer in benchmarks/kinds"
    )
    made.add_argument("--json", action="store_true", help="print the counts as JSON")
    return made


@dataclass
class Counts:
    """The numbers of runs, refusals and compared elements of a soak test, under its options.

    `largest` has the largest error ÷ bound of each equation. `reproduced` has, for each kind of run, how many
    numbers have the same bits, and how many there are.
    """

    dtype: str = ""
    models: str = ""
    onednn: str = field(default_factory=lambda: "off" if os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "0" else "on")
    runs: int = 0
    refused: int = 0
    unsupported: int = 0  # of the refused ones
    diverged: int = 0
    unjudged: int = 0
    elements: int = 0
    outside: int = 0
    failed: int = 0
    reproduced: dict[str, list[int]] = field(default_factory=dict)
    largest: dict[str, float] = field(default_factory=dict)

    def add(self, comparisons: Sequence[Comparison], about: str, kind: str) -> None:
        """Count the numbers of one run that are compared locally; print the first that failed, in any mode."""
        failed = [c for c in comparisons if c.failed]
        verdicts = {c.verdict for c in failed}
        if failed:
            print("\n   ".join([about, *map(str, failed[:SHOWN])]), flush=True)
        self.unjudged += verdicts == {"unjudged"}
        for c in comparisons:
            self.outside += c.outside
            self.failed += c.failed and c.verdict != "unjudged"
            if c.mode == "local":
                self.elements += c.elements
                same = self.reproduced.setdefault(kind, [0, 0])
                same[:] = same[0] + c.reproduced, same[1] + c.elements
                self.largest[c.equation] = max(self.largest.get(c.equation, 0.0), c.utilisation)

    def merge(self, other: "Counts") -> None:
        """Add the counts of other runs."""
        for name in ("runs", "refused", "unsupported", "diverged", "unjudged", "elements", "outside", "failed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for kind, (same, every) in other.reproduced.items():
            mine = self.reproduced.setdefault(kind, [0, 0])
            mine[:] = mine[0] + same, mine[1] + every
        for equation, largest in other.largest.items():
            self.largest[equation] = max(self.largest.get(equation, 0.0), largest)


def essay(given: argparse.Namespace) -> Counts:
    """Capture and compare steps of the essay's network."""
    with hushed():
        from verify.capture.capture import capture
    drawn, counts = samples.load(given.data, "train"), Counts(given.dtype)
    batches = [int(text) for text in given.batches.split(",")]
    rates = [float(text) for text in given.rates.split(",")] if given.rates else [0.0]
    for jit, batch, rate, seed in itertools.product((False, True), batches, rates, range(given.seeds)):
        _set_optimizer(given, rate)
        settings = Settings(
            seed=seed, batch=batch, jit=jit, steps=given.steps, dtype=given.dtype, data=given.data, index=37 * seed,
            optimizer=given.optimizer, loss=given.loss,
        )  # fmt: skip
        try:
            with hushed():
                trace = capture(settings, drawn)
        except Unverifiable as error:
            counts.refused += 1
            print(f"refused (status 3): {settings}: {error}", flush=True)
            continue
        counts.runs += 1
        steps = _finite(trace)
        counts.diverged += steps < given.steps
        compared = compare(_first(trace, steps), "backprop").comparisons if steps else ()
        counts.add(compared, str(settings), f"{'XLA' if jit else 'graph'}, batch {batch}")
    return counts


def models(numbers: range, of: str = "chains") -> Counts:
    """Capture and compare random models, some at a time in a process: TensorFlow does not free XLA's code."""
    parts = [numbers[i : i + TOGETHER] for i in range(0, len(numbers), TOGETHER)]
    counts = Counts(models=f"{numbers.start}–{numbers.stop - 1}")
    with ProcessPoolExecutor(2, get_context("spawn"), max_tasks_per_child=1) as pool:
        for part in pool.map(partial(_models, of=of), parts):
            counts.merge(part)
    return counts


def _drawing(of: str) -> Callable[[int], Any]:
    """Return the function that draws a model from a number: chains, graphs, trainings, or models of one kind."""
    if of == "chains":
        from benchmarks.random_models import drawn

        return drawn
    if of == "graphs":
        from benchmarks.random_graphs import drawn as drawn_graph

        return drawn_graph
    if of == "trainings":
        from benchmarks.random_trainings import drawn as drawn_training

        return drawn_training
    from benchmarks.random_kinds import of_kind

    made: Callable[[int], Any] = of_kind(of)
    return made


def _models(numbers: range, of: str) -> Counts:
    """Capture and compare these random models, and print those that do not pass."""
    with hushed():
        from verify.cli.capturing import capture_user_model

        drawn = _drawing(of)
    counts = Counts()
    for number in numbers:
        with hushed():
            model, batches, text = drawn(number)
            try:
                trace = capture_user_model(model, batches)
            except (Unverifiable, Unusable) as error:
                counts.refused += 1
                counts.unsupported += isinstance(error, Unsupported)
                print(f"{number}: {text}\n   refused: {error}", flush=True)
                continue
        counts.runs += 1
        counts.add(compare(trace, "backprop").comparisons, f"{number}: {text}", "all")
    return counts


def show(counts: Counts) -> None:
    """Print the counts, the reproduced numbers of each kind of run, and the largest error ÷ bound of each equation."""
    print(
        f"{counts.runs} runs, {counts.refused} refused, {counts.diverged} diverged, {counts.unjudged} not judged, ",
        end="",
    )
    print(f"{counts.elements:,} numbers compared, {counts.outside} outside")
    for kind, (same, every) in counts.reproduced.items():
        print(f"  {kind}, oneDNN {counts.onednn}: {share(same, every)} of {every:,} reproduced")
    for equation, largest in sorted(counts.largest.items()):
        print(f"  {equation:24} largest error ÷ bound {largest:.4f}")


def _set_optimizer(given: argparse.Namespace, rate: float) -> None:
    """Set the learning rate and decay rates that Keras's optimizer and the equations read."""
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
