"""Verify one Adam step of a deep, wide network: time over TensorFlow's own step, memory over the trace's bytes.

    python -m benchmarks.models --layers 12 --width 512 --batch 256

TensorFlow's step is `train_on_batch` of the same compiled model; ours is what `verify.ByHand` and `verify.training` do
with a captured step: every tensor, locally. Both are taken in turn, in one process; the median is given. Exit status 1
where a goal is not met, or something is outside.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.lockstep.verifier import Judged, Lockstep
from verify.records.trace import Trace
from verify.runtime.malloc import keep_freed
from verify.runtime.stderr import hushed

TIMES, MEMORY = 10.0, 4.0  # the goals


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("layers", 12), ("width", 512), ("batch", 256), ("rounds", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--jit", action="store_true")
    given = parser.parse_args()
    keep_freed()
    model, held, X, y = captured(given)
    step = Lockstep(held.settings, held.network)
    tensors = held.step(1)
    size = sum(array.nbytes for array in tensors.values())
    begin = time.perf_counter()
    found = step.judge(1, tensors)
    first = time.perf_counter() - begin
    theirs, ours = in_turn(given.rounds, lambda: model.train_on_batch(X, y), lambda: step.judge(1, tensors))
    peak = peak_of(lambda: step.judge(1, tensors))
    ratio, share = ours / theirs, (size + peak) / size
    print(f"{given.layers} layers of {given.width}, batch {given.batch}{', XLA' if given.jit else ''}: ", end="")
    print(f"{found.elements:,} numbers, {found.outside} outside, worst {found.worst[0]} {found.worst[1]:.4f}")
    print(f"TensorFlow's step {1000 * theirs:.0f} ms, its verification {1000 * ours:.0f} ms: x{ratio:.1f}, ", end="")
    print(f"goal {TIMES:g}; the first, with compiling, {first:.1f} s")
    print(f"trace {size / 2**20:.0f} MiB, with what is allocated beside it x{share:.2f}, goal {MEMORY:g}")
    return 1 if found.outside or found.failed or ratio > TIMES or share > MEMORY else 0


def captured(given: argparse.Namespace) -> tuple[Any, Trace, Any, Any]:
    """The model, its first step captured, and the batch."""
    with hushed():
        import keras

        from verify.capture.capture import capture_model
    rng = np.random.default_rng(0)
    keras.utils.set_random_seed(0)
    hidden = [keras.layers.Dense(given.width, "relu") for _ in range(given.layers - 1)]
    model = keras.Sequential([keras.Input((given.width,)), *hidden, keras.layers.Dense(10, "softmax")])
    model.compile("adam", "categorical_crossentropy", jit_compile=given.jit)
    model.optimizer.build(model.trainable_variables)
    X = rng.random((given.batch, given.width), dtype=np.float32)
    y = np.eye(10, dtype=np.float32)[rng.integers(10, size=given.batch)]
    return model, capture_model(model, [(X, y)]), X, y


def in_turn(rounds: int, *works: Callable[[], Any]) -> list[float]:
    """The median of each, in seconds."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            begin = time.perf_counter()
            work()
            times.append(time.perf_counter() - begin)
    return [statistics.median(times) for times in taken]


def peak_of(judge: Callable[[], Judged]) -> int:
    """The most bytes that it holds at once, beside what was there."""
    tracemalloc.start()
    judge()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


if __name__ == "__main__":
    sys.exit(main())
