"""Measure verify.check and verify.ByHand on the convolutional network that everybody trains on MNIST.

    python -m benchmarks.convnet --data ../shared/mnist

It has a convolution with 32 channels, a max pooling, one with 64, a max pooling, a dropout and a Dense layer with ten
nodes. Exit status 1 if a number was outside its bound.
"""

import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.record import Cell, Column, Measurement, finish, parser, spread
from verify.compare.recompute import share
from verify.inputs import samples
from verify.records.trace import Array
from verify.runtime.stderr import hushed

BATCH, ROUNDS, STEPS = 32, 7, 500
CONVNET = Measurement(
    "convnet",
    "The convolutional network of MNIST",
    f"`verify.check` of one step with batch {BATCH}, after two that warm up ({ROUNDS} rounds: median, lowest, highest):"
    " its time, and by how much the process grows at most, beside the trace. Then `verify.ByHand` in a `model.fit` of "
    f"{STEPS} steps, which verifies each.",
    (Column("what"), Column("measured", format=",.4g"), Column("unit"), Column("goal")),
)


def main() -> int:
    """Measure and print the table; return the exit status: 0 every number passed, 1 one did not."""
    options = parser(__doc__)
    options.add_argument("--data", default="../shared/mnist")
    given = options.parse_args()
    images = samples.load(given.data, "train")
    x, y = images.images.reshape(-1, 28, 28, 1).astype(np.float32), images.labels
    with hushed():
        model = made()
        checked = [_checked(model, x[:BATCH], y[:BATCH]) for _ in range(ROUNDS + 2)][2:]
        fitted, passed = _fitted(x[: STEPS * BATCH], y[: STEPS * BATCH])
    seconds, grown, trace = ([one[k] for one in checked] for k in range(3))
    size = statistics.median(trace)
    rows: list[list[Cell]] = [
        ["`verify.check`, warm", spread(seconds), "s", 3],
        ["growth of the process", spread(grown), "MiB", None],
        ["the trace", size, "MiB", None],
        ["growth ÷ trace", spread([g / size for g in grown]), "", 6],
        *fitted,
    ]
    finish(CONVNET, rows, given.record)
    return 0 if passed else 1


def made() -> Any:
    """Return the network, compiled with Adam and the cross-entropy of whole-number labels."""
    import keras

    L = keras.layers
    keras.utils.set_random_seed(0)
    first, second = (L.Conv2D(channels, 3, activation="relu") for channels in (32, 64))
    layers = [first, L.MaxPooling2D(), second, L.MaxPooling2D(), L.Flatten(), L.Dropout(0.5), L.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def _checked(model: Any, x: Array, y: Array) -> tuple[float, float, float]:
    """Check one step; return the seconds, the most MiB by which the process grew, and the MiB of the trace."""
    import verify

    Path("/proc/self/clear_refs").write_text("5")  # the highest memory is counted from here
    begin, before = time.perf_counter(), _memory("VmRSS")
    result = verify.check(model, x, y)
    seconds, grown = time.perf_counter() - begin, _memory("VmHWM") - before
    result.assert_passed()
    return seconds, grown, sum(array.nbytes for array in result.trace.tensors.values()) / 2**20


def _memory(name: str) -> float:
    """Return an entry of Linux's /proc/self/status in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def _fitted(x: Array, y: Array) -> tuple[list[list[Cell]], bool]:
    """Train without and with ByHand; return rows of the table, and whether every number passed."""
    import verify

    taken = []
    by_hand = verify.ByHand()
    for callbacks in ([], [by_hand]):
        model = made()
        begin = time.perf_counter()
        model.fit(x, y, batch_size=BATCH, verbose=0, callbacks=callbacks)
        taken.append(time.perf_counter() - begin)
    rows: list[list[Cell]] = [
        ["steps verified", by_hand.verified, "", STEPS],
        ["numbers compared", by_hand.elements, "", None],
        ["reproduced bit for bit", share(by_hand.reproduced, by_hand.elements), "", None],
        ["first divergence", by_hand.first.tensor if by_hand.first else "none", "", "none"],
        ["`model.fit`", taken[0], "s", None],
        ["`model.fit` with ByHand", taken[1], "s", None],
    ]
    return rows, bool(by_hand.passed)


if __name__ == "__main__":
    sys.exit(main())
