"""Lock-step verification against model.fit, on the same data and batches, in one run.

    python -m benchmarks.training --data ../shared/mnist --steps 1000 --rounds 3
    python -m benchmarks.training --scaling

Each kind of run is a process of its own, all in turn, several rounds; given are the median ratios. `fit` is
Keras's own loop with nothing captured, in as many threads as TensorFlow takes; `by hand` NumPy alone; `capture`
every tensor of every step handed to Python and dropped; `lockstep` what verify.training does: capture, by-hand
training, verification of every step, TensorFlow in one thread where that changes no bit (`benchmarks.threads`).
The weights after `capture` and `lockstep` must equal those of `fit` bit for bit, or it ends with status 1.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

KINDS = ("fit", "by hand", "capture", "lockstep")
WARM = 350  # steps before the clock starts: TensorFlow's tracing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="digits")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--scaling", action="store_true", help="time a step against batch size, width and depth")
    parser.add_argument("--memory", action="store_true", help="peak memory against the number of steps")
    parser.add_argument("--kind", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--sizes", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.kind:
        print(json.dumps(_measured(given)))
        return 0
    if given.scaling:
        return _scaling(given)
    if given.memory:
        return _memory(given)
    return _ratios(given)


def _ratios(given: argparse.Namespace) -> int:
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in KINDS}
    for _ in range(given.rounds):
        for kind in KINDS:
            found[kind].append(_apart(kind, given))
    fit = found["fit"]
    for kind in KINDS:
        times = [run["seconds"] / given.steps * 1e3 for run in found[kind]]
        ratios = [run["seconds"] / other["seconds"] for run, other in zip(found[kind], fit, strict=True)]
        memory = [run["memory"] / other["memory"] for run, other in zip(found[kind], fit, strict=True)]
        print(
            f"{kind:9} {statistics.median(times):6.2f} ms a step, x{statistics.median(ratios):.2f} of fit "
            f"({min(ratios):.2f}-{max(ratios):.2f}), memory x{statistics.median(memory):.2f} "
            f"({statistics.median(run['memory'] for run in found[kind]):.0f} MiB)"
        )
    same = {run["weights"] for kind in ("fit", "capture", "lockstep") for run in found[kind]}
    print("weights of fit, capture and lockstep: " + ("equal in every bit" if len(same) == 1 else "DIFFERENT"))
    return 0 if len(same) == 1 else 1


def _apart(kind: str, given: argparse.Namespace, **changed: Any) -> dict[str, Any]:
    options = {"data": given.data, "steps": given.steps, "batch": given.batch, "sizes": given.sizes, **changed}
    words = [word for name, value in options.items() if value for word in (f"--{name}", str(value))]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.training", "--kind", kind, *words], capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _scaling(given: argparse.Namespace) -> int:
    base = "784,128,64,10"
    for batch, sizes in (
        *((n, base) for n in (1, 8, 32, 128, 512)),
        *((32, f"784,{n},64,10") for n in (32, 512, 1024)),
        *((32, ",".join(["784", *["64"] * n, "10"])) for n in (1, 4, 8)),
    ):  # fmt: skip
        fit, lockstep = (_apart(kind, given, batch=batch, sizes=sizes)["seconds"] for kind in ("fit", "lockstep"))
        each = 1e3 / given.steps
        print(f"batch {batch:4} network {sizes:40} fit {fit * each:6.2f} ms, lockstep {lockstep * each:6.2f} ms, "
              f"x{lockstep / fit:.2f}")  # fmt: skip
    return 0


def _memory(given: argparse.Namespace) -> int:
    for steps in (500, 2000, 8000):
        fit, lockstep = (_apart(kind, given, steps=steps)["memory"] for kind in ("fit", "lockstep"))
        print(f"{steps:5} steps: fit {fit:.0f} MiB, lockstep {lockstep:.0f} MiB, x{lockstep / fit:.2f}")
    return 0


def _measured(given: argparse.Namespace) -> dict[str, Any]:
    """In a process of its own: seconds for the steps after the first `WARM`, peak memory, and the weights' digest."""
    from reference.network import chain
    from verify.inputs import samples
    from verify.records import settings
    from verify.training.configuration import TrainingConfiguration

    if given.sizes:
        sizes = tuple(map(int, given.sizes.split(",")))
        network = chain(sizes, (*["relu"] * (len(sizes) - 2), "softmax"))
        for module in (settings, samples):
            vars(module)["NETWORK"] = network
    configuration = TrainingConfiguration(data=given.data, batch=given.batch, epochs=10**6)
    train = samples.load(given.data, "train")
    seconds, weights = RUNS[given.kind](configuration, train, given.steps)
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(w).tobytes() for w in weights.values())).hexdigest()
    return {"seconds": seconds, "memory": _peak(), "weights": digest}


def _peak() -> float:
    """Of this process and of those it has started, MiB. Shared memory is counted on both sides."""
    import resource

    return sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


def _in_order(configuration: Any, train: Any, steps: int) -> Any:
    """The batches of as many steps, over as many epochs as it takes."""
    number = 0
    for epoch in range(1, configuration.epochs + 1):
        for X, y in configuration.batches(train, epoch):
            number += 1
            if number > steps:
                return
            if len(X) == configuration.batch:  # whole batches only, so that one call of fit can have them all
                yield X, y


def _fit(configuration: Any, train: Any, steps: int) -> tuple[float, Mapping[str, Any]]:
    learner = _learner(configuration)
    X, y = (np.concatenate(parts) for parts in zip(*_in_order(configuration, train, WARM + steps), strict=True))
    warm = WARM * configuration.batch
    seconds = 0.0
    for part in (slice(0, warm), slice(warm, None)):
        begin = time.perf_counter()
        learner.model.fit(X[part], y[part], batch_size=configuration.batch, epochs=1, shuffle=False, verbose=0)
        seconds = time.perf_counter() - begin
    return seconds, learner.weights()


def _by_hand(configuration: Any, train: Any, steps: int) -> tuple[float, Mapping[str, Any]]:
    from threadpoolctl import threadpool_limits

    from verify.records.settings import NETWORK
    from verify.runtime.malloc import keep_freed
    from verify.training.numpy_network import NumpyNetwork, first_weights

    keep_freed()
    with threadpool_limits(1):
        by_hand = NumpyNetwork(configuration, NETWORK, first_weights(configuration, NETWORK))
        seconds = _timed(configuration, train, steps, lambda number, X, y: by_hand.step(number, X, y))
    return seconds, by_hand.state


def _capture(configuration: Any, train: Any, steps: int) -> tuple[float, Mapping[str, Any]]:
    learner = _learner(configuration, as_command=True)
    seconds = _timed(configuration, train, steps, lambda number, X, y: learner.step(X, y))
    return seconds, learner.weights()


def _timed(configuration: Any, train: Any, steps: int, step: Callable[[int, Any, Any], Any]) -> float:
    begin = 0.0
    for number, (X, y) in enumerate(_in_order(configuration, train, WARM + steps), 1):
        if number == WARM + 1:
            begin = time.perf_counter()
        step(number, X, y)
    return time.perf_counter() - begin


def _lockstep(configuration: Any, train: Any, steps: int) -> tuple[float, Mapping[str, Any]]:
    from threadpoolctl import threadpool_limits

    from verify.lockstep.process import Checker
    from verify.records.settings import NETWORK
    from verify.runtime.malloc import keep_freed
    from verify.training.checkpoint import Journal
    from verify.training.loop import TrainingLoop

    keep_freed()
    with threadpool_limits(1), tempfile.TemporaryDirectory() as folder:
        learner = _learner(configuration, as_command=True)
        lesson = TrainingLoop(configuration, train, train, learner, Path(folder), {})
        lesson.journal, lesson.checker = Journal(Path(folder), 0), Checker(configuration.settings, NETWORK)
        begin = 0.0
        for number, (X, y) in enumerate(_in_order(configuration, train, WARM + steps), 1):
            if number == WARM + 1:
                lesson._settle()
                begin = time.perf_counter()
            lesson._step(number, X, y)
            if number % 500 == 0:
                lesson.save(number)
        lesson._settle()
        seconds = time.perf_counter() - begin
        lesson.checker.close()
        if lesson.progress.failed_steps:
            raise SystemExit(f"verification failed: {lesson.progress.first}")
    return seconds, learner.weights()


def _learner(configuration: Any, as_command: bool = False) -> Any:
    """TensorFlow's side with its threads as they are, or as the command has them."""
    from verify.runtime.stderr import hushed

    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with hushed():
        from verify.capture.threads import one_where_equal
        from verify.capture.trainer import Learner
        from verify.records.settings import NETWORK

        if as_command:
            one_where_equal(configuration.settings, NETWORK)
        return Learner(configuration.settings, NETWORK)


RUNS: dict[str, Callable[[Any, Any, int], tuple[float, Mapping[str, Any]]]] = {
    "fit": _fit, "by hand": _by_hand, "capture": _capture, "lockstep": _lockstep,
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
