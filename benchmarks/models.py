"""Verify one Adam step of a deep, wide network: time over TensorFlow's own step, memory over the trace's bytes.

    python -m benchmarks.models --layers 12 --width 512 --batch 256

TensorFlow's step is `train_on_batch` of the same compiled model; ours is what `verify.ByHand` and `verify.training` do
with a captured step: every tensor, locally. Both run alternately in one process, in the graph and under XLA; the median
is given. Exit status 1 if a goal is not met, or something is outside.
"""

import argparse
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.record import Cell, Column, Measurement, finish, parser, spread
from verify.lockstep.verifier import Judged, Lockstep
from verify.records.trace import Trace
from verify.runtime.malloc import keep_freed
from verify.runtime.stderr import hushed

TIMES, MEMORY = 10.0, 4.0  # the goals
STEP = Measurement(
    "deep_network",
    "One step of a deep, wide network",
    "Time to verify a captured Adam step of a network of dense layers, beside TensorFlow's own step, and the memory it "
    "allocates in addition to the trace.",
    (Column("what"), Column("graph"), Column("XLA"), Column("unit"), Column("goal")),
)


def main() -> int:
    """Measure the graph and XLA, print the table, and return the exit status."""
    options = parser(__doc__)
    for name, default in (("layers", 12), ("width", 512), ("batch", 256), ("rounds", 5)):
        options.add_argument(f"--{name}", type=int, default=default)
    given = options.parse_args()
    keep_freed()
    graph, xla = (measure(given, jit) for jit in (False, True))
    columns = [
        ("TensorFlow's step", "ms", None), ("its verification", "ms", None), ("verification over step", "ratio", TIMES),
        ("memory over the trace's bytes", "ratio", MEMORY), ("size of the trace", "MiB", None),
        ("numbers compared", "", None), ("numbers outside", "", 0),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [name, a, b, unit, goal] for (name, unit, goal), a, b in zip(columns, graph, xla, strict=True)
    ]
    finish(STEP, rows, given.record)
    missed = any(ratio[0] > TIMES or memory > MEMORY or outside for _, _, ratio, memory, *_, outside in (graph, xla))
    return int(missed)


def measure(given: argparse.Namespace, jit: bool) -> tuple[Any, ...]:
    """Return the column of the table: times, ratio with its range, memory, size, numbers compared and outside."""
    model, trace, X, y = captured(given, jit)
    step, tensors = Lockstep(trace.settings, trace.network), trace.step(1)
    size = sum(array.nbytes for array in tensors.values())
    result = step.judge(1, tensors)  # compiles
    theirs, ours = alternate(given.rounds, lambda: model.train_on_batch(X, y), lambda: step.judge(1, tensors))
    peak = peak_of(lambda: step.judge(1, tensors))
    ratio = [round(value, 2) for value in spread([b / a for a, b in zip(theirs, ours, strict=True)])]
    milliseconds = (round(1000 * statistics.median(times)) for times in (theirs, ours))
    outside = result.outside or len(result.failed)
    return (*milliseconds, ratio, round((size + peak) / size, 2), round(size / 2**20), result.elements, outside)


def captured(given: argparse.Namespace, jit: bool) -> tuple[Any, Trace, Any, Any]:
    """Return the model, the trace of its first step, and the batch."""
    with hushed():
        import keras

        from verify.capture.batch import Batch
        from verify.capture.capture import capture_model
        from verify.capture.model_reader import understand
    rng = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    hidden = [keras.layers.Dense(given.width, "relu") for _ in range(given.layers - 1)]
    model = keras.Sequential([keras.Input((given.width,)), *hidden, keras.layers.Dense(10, "softmax")])
    model.compile("adam", "categorical_crossentropy", jit_compile=jit)
    model.optimizer.build(model.trainable_variables)
    X = rng.random((given.batch, given.width), dtype=np.float32)
    y = np.eye(10, dtype=np.float32)[rng.integers(10, size=given.batch)]
    return model, capture_model(model, understand(model), [Batch((X,), (y,))]), X, y


def alternate(rounds: int, *works: Callable[[], Any]) -> list[list[float]]:
    """Run the functions alternately and return the seconds of each."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            begin = time.perf_counter()
            work()
            times.append(time.perf_counter() - begin)
    return taken


def peak_of(judge: Callable[[], Judged]) -> int:
    """Return the largest number of bytes that the call has allocated at one time."""
    tracemalloc.start()
    judge()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


if __name__ == "__main__":
    sys.exit(main())
