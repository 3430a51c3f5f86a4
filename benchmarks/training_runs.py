"""Train on a number of batches in one of four ways; print seconds, peak memory and the digest of the weights as JSON.

    python -m benchmarks.training_runs lockstep --data ../shared/mnist --steps 1000

`fit` is Keras's own loop with nothing captured, in as many threads as TensorFlow takes; `by hand` is NumPy alone;
`capture` hands every tensor of every step to Python and drops it; `lockstep` is what verify.training does: capture,
by-hand training and verification of every step, with TensorFlow in one thread if that changes no bit
(`benchmarks.threads`).
"""

import argparse
import hashlib
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

WARM = 350  # steps before the clock starts: TensorFlow's tracing


def main() -> None:
    """Train as the options say and print the measurement."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("kind", choices=tuple(RUNS))
    options.add_argument("--data", default="digits")
    options.add_argument("--steps", type=int, default=1000)
    options.add_argument("--batch", type=int, default=32)
    options.add_argument("--sizes", default="", help="numbers of nodes of another network, such as 784,32,10")
    print(json.dumps(_measured(options.parse_args())))


def _measured(given: argparse.Namespace) -> dict[str, Any]:
    """Return the seconds for the steps after the first `WARM`, peak memory, and the digest of the weights."""
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
    """Return the peak memory in MiB of this process and its children. Shared memory is counted on both sides."""
    return sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024


def _in_order(configuration: Any, train: Any, steps: int) -> Any:
    """Yield the batches of this number of steps, over as many epochs as needed."""
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
        loop = TrainingLoop(configuration, train, train, learner, Path(folder), {})
        loop.journal, loop.checker = Journal(Path(folder), 0), Checker(configuration.settings, NETWORK)
        begin = 0.0
        for number, (X, y) in enumerate(_in_order(configuration, train, WARM + steps), 1):
            if number == WARM + 1:
                loop._settle()
                begin = time.perf_counter()
            loop._step(number, X, y)
            if number % 500 == 0:
                loop.save(number)
        loop._settle()
        seconds = time.perf_counter() - begin
        loop.checker.close()
        if loop.progress.failed_steps:
            raise SystemExit(f"verification failed: {loop.progress.first}")
    return seconds, learner.weights()


def _learner(configuration: Any, as_command: bool = False) -> Any:
    """Return TensorFlow's side, with its own number of threads or with that of verify.training."""
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
    main()
