"""Measure wall time and peak memory as ratios; the two sides of each pair run alternately, and the median is given.

python -m benchmarks.ratios
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.record import Cell, Column, Measurement, finish, parser, spread

ROUNDS = 7
COST = Measurement(
    "cost",
    "Cost of a verification",
    "Time and peak memory of `verify.backprop` beside `benchmarks/bare.py`, which only does the training step; "
    f"medians of {ROUNDS} pairs.",
    (Column("what"), Column("measured", format=".2f"), Column("unit"), Column("goal")),
)


def measure(*words: str) -> tuple[float, float]:
    """Return wall seconds and peak memory (MiB) of one Python process.  Raises SystemExit if it fails."""
    begin = time.perf_counter()
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, *words], **quiet)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with status {process.returncode}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def compare(ours: tuple[str, ...], other: tuple[str, ...]) -> tuple[list[float], float, float]:
    """Return the ratio of wall times with its range, the ratio of peak memories, and the difference in seconds."""
    pairs = [(measure(*ours), measure(*other)) for _ in range(ROUNDS)]
    memory = statistics.median(m / n for (_, m), (_, n) in pairs)
    return spread([a / b for (a, _), (b, _) in pairs]), memory, statistics.median(a - b for (a, _), (b, _) in pairs)


def passes() -> float:
    """Return the time of NumPy's forward and backward pass at batch 32 over that of a compiled TensorFlow function."""
    from verify.runtime.stderr import hushed

    with hushed():
        import tensorflow as tf

        from verify.capture.essay_model import build
    from reference.network import ESSAY
    from reference.rules import rules
    from verify.inputs import samples
    from verify.records.settings import OPTIMIZERS, Settings

    settings = Settings(batch=32)
    model = build(settings, ESSAY)
    X, y = samples.load("digits", "train").batch(settings, 1)
    plan = [r for r in rules(ESSAY, settings.loss, OPTIMIZERS["adam"]) if r.phase != "update"]
    weights = {
        f"{k}{i}": np.array(v)
        for i, layer in enumerate(model.layers, 1)
        for k, v in zip("WB", layer.get_weights(), strict=True)
    }
    known: dict[str, Any] = {"X": X, "y": y, **weights}

    def by_hand() -> None:
        for rule in plan:
            known[rule.tensor] = rule(known)

    def compiled(X: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            cost = model.compute_loss(x=X, y=y, y_pred=model(X, training=True))
        return tape.gradient(cost, model.trainable_variables)

    step = tf.function(compiled)
    tensors = tf.constant(X), tf.constant(y)
    ratios = []
    for _ in range(30):
        times = []
        for run in (by_hand, lambda: step(*tensors)):
            run()
            begin = time.perf_counter()
            for _ in range(20):
                run()
            times.append(time.perf_counter() - begin)
        ratios.append(times[0] / times[1])
    return statistics.median(ratios)


def main() -> None:
    """Measure all pairs and print the table."""
    given = parser(__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        trace, out = str(Path(folder) / "t.npz"), ("--out", str(Path(folder) / "out"))
        bare = (str(Path(__file__).parent / "bare.py"),)
        backprop = ("-m", "verify.backprop", *out)
        measure(*backprop, "--save-trace", trace)
        wall, memory, _ = compare(backprop, bare)
        saved, _, _ = compare((*backprop, "--trace", trace), bare)
        _, _, longer = compare((*backprop, "--trace", trace, "--full"), (*backprop, "--trace", trace))
    rows: list[list[Cell]] = [
        ["`verify.backprop` over the bare script, wall time", wall, "ratio", 1.25],
        ["`verify.backprop` over the bare script, peak memory", memory, "ratio", 1.15],
        ["`verify.backprop --trace` over the bare script, wall time", saved, "ratio", 0.25],
        ["`--full`, additional wall time on a trace", longer, "s", 2],
        ["forward and backward pass at batch 32, NumPy over compiled TensorFlow", passes(), "ratio", 1],
    ]
    finish(COST, rows, given.record)


if __name__ == "__main__":
    main()
