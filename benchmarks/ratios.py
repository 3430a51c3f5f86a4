"""Wall time and peak memory as ratios, each pair taken in turn in one run; the median of the pairs is given.

python -m benchmarks.ratios
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROUNDS = 7


def measure(*words: str) -> tuple[float, float]:
    """Wall seconds and peak memory (MiB) of one Python process."""
    begin = time.perf_counter()
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([sys.executable, *words], **quiet)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with status {process.returncode}")
    return time.perf_counter() - begin, usage.ru_maxrss / 1024


def compare(name: str, ours: tuple[str, ...], other: tuple[str, ...], goal: str) -> None:
    walls, memories, gaps = [], [], []
    for _ in range(ROUNDS):
        (a, m), (b, n) = measure(*ours), measure(*other)
        walls.append(a / b)
        memories.append(m / n)
        gaps.append(a - b)
    wall, memory, gap = (statistics.median(x) for x in (walls, memories, gaps))
    print(
        f"{name}: wall x{wall:.2f} ({min(walls):.2f}-{max(walls):.2f}), memory x{memory:.2f}, {gap:+.2f} s; goal {goal}"
    )


def passes() -> None:
    """NumPy's forward and backward pass at batch 32 against the same in a compiled TensorFlow function."""
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
    print(
        f"forward and backward pass, batch 32, NumPy over compiled TensorFlow: x{statistics.median(ratios):.2f}; goal 1"
    )


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        trace, out = str(Path(folder) / "t.npz"), ("--out", str(Path(folder) / "out"))
        bare = (str(Path(__file__).parent / "bare.py"),)
        backprop = ("-m", "verify.backprop", *out)
        measure(*backprop, "--save-trace", trace)
        compare("backprop over the bare step", backprop, bare, "wall 1.25, memory 1.15")
        compare("a saved trace over the bare step", (*backprop, "--trace", trace), bare, "wall 0.25")
        compare("--full over without", (*backprop, "--trace", trace, "--full"), (*backprop, "--trace", trace), "+2 s")
    passes()
    return 0


if __name__ == "__main__":
    sys.exit(main())
