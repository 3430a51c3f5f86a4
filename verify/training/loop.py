"""The training loop: train in TensorFlow and by hand side by side, verify the steps, stop at any moment."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from verify.errors import Unusable
from verify.inputs.samples import Samples
from verify.lockstep.process import Checker
from verify.lockstep.verifier import Judged
from verify.records.precision import Floats
from verify.records.trace import Array
from verify.runtime.signals import stop_signals
from verify.training.checkpoint import Checkpoint, Journal, Progress
from verify.training.checkpoint import save as save_checkpoint
from verify.training.configuration import TrainingConfiguration
from verify.training.numpy_network import CHUNK, NumpyNetwork

if TYPE_CHECKING:
    from verify.capture.trainer import Learner

SAVED_EVERY = 500  # steps; a checkpoint is also saved at the end of each epoch
CHECKED = 3  # steps computed with and without capturing before the training begins
NOT_VERIFIED = ("", "", "")  # worst tensor, error/bound and outside of a step that is not verified


class TrainingStopped(KeyboardInterrupt):
    """Ctrl-C stopped the training; the message says what has been verified so far."""


class TrainingLoop:
    """A training loop: the TensorFlow model, the by-hand network, the verification, and the progress.

    `length` is the number of journal bytes that the last checkpoint includes. `pending` has the losses, by hand and by
    TensorFlow, of the steps that are not yet in the journal.
    """

    def __init__(
        self,
        configuration: TrainingConfiguration,
        train: Samples,
        test: Samples,
        learner: Learner,
        out: Path,
        origin: dict[str, str],
    ) -> None:
        self.configuration, self.train, self.test, self.learner = configuration, train, test, learner
        self.out, self.origin = out, origin
        self.by_hand = NumpyNetwork(configuration, learner.network, learner.weights())
        self.progress = Progress()
        self.length = 0
        self.pending: dict[int, tuple[float, float]] = {}

    @property
    def steps(self) -> int:
        """Number of steps of the whole training."""
        return self.configuration.epochs * self.configuration.steps_of_epoch(len(self.train))

    def resume(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint."""
        self.learner.restore(checkpoint.learner)
        self.by_hand.state = dict(checkpoint.by_hand)
        self.progress, self.length = checkpoint.progress, checkpoint.journal

    def run(self, advance: Callable[[int, int], None]) -> Journal:
        """Train to the end and return the journal.

        Raises TrainingStopped (Ctrl-C), Unusable (the folder cannot be written) or Unverifiable (verification failed).
        """
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            self.journal = Journal(self.out, self.length)
        except OSError as error:
            raise Unusable(f"--out {self.out}: cannot be written ({error.strerror or error})") from error
        self.checker = Checker(self.configuration.settings, self.learner.network)
        try:
            with stop_signals() as stopped:
                for epoch in range(len(self.progress.epochs) + 1, self.configuration.epochs + 1):
                    self._epoch(epoch, advance, stopped)
        finally:
            self.checker.close()
        return self.journal

    def check_capture(self) -> None:
        """Check that the next steps give the same bits with and without capturing.  Raises Unverifiable if not."""
        epoch = len(self.progress.epochs) + 1
        batches = self.configuration.batches(self.train, min(epoch, self.configuration.epochs))
        self.learner.check(list(islice(batches, CHECKED)))

    def _epoch(self, epoch: int, advance: Callable[[int, int], None], stopped: list[int]) -> None:
        """Train the steps of one epoch that are left, save checkpoints, and note accuracies and drift."""
        length = self.configuration.steps_of_epoch(len(self.train))
        last, done = epoch * length, self.progress.step - (epoch - 1) * length
        batches = self.configuration.batches(self.train, epoch, done)
        for number, (X, y) in enumerate(batches, self.progress.step + 1):
            self._step(number, X, y)
            advance(number, self.steps)
            if stopped or (number % SAVED_EVERY == 0 and number < last):
                self.save(number)
            if stopped:
                raise TrainingStopped(self.so_far())
        self._settle()
        *train, _ = self._predict(self.train)
        *test, differ = self._predict(self.test)
        self.progress.epochs.append((epoch, *train, *test, *self._drift(), differ))
        self.save(last)

    def _step(self, number: int, X: Array, y: Array) -> None:
        """Train one step on both sides, and have it verified if it is its turn."""
        verified = number % self.configuration.every == 0
        first = number == self.progress.step + 1  # since the last checkpoint
        # The checker needs P, m_P and v_P before the step if it may not have seen the step before.
        state = self.learner.tensors() if verified and (self.configuration.every > 1 or first) else None
        tensors = self.learner.step(X, y)
        self.pending[number] = self.by_hand.step(number, X, y), float(tensors["C"])
        if verified:
            self._note(self.checker.give(number, tensors, state if number > 1 else None))

    def _note(self, judged: list[Judged]) -> None:
        """Add judged steps to the progress, and their rows to the journal."""
        for step in judged:
            self.progress.add(step)
            self._add_rows(step.step, (*step.worst, step.outside))

    def _add_rows(self, last: int, verdict: tuple[Any, ...] = NOT_VERIFIED) -> None:
        """Add the rows of all pending steps up to `last`, which has this verdict; the others were not verified."""
        for number in sorted(n for n in self.pending if n <= last):
            epoch = -(-number // self.configuration.steps_of_epoch(len(self.train)))
            self.journal.add(number, epoch, *self.pending.pop(number), *(verdict if number == last else NOT_VERIFIED))

    def _settle(self) -> None:
        """Wait until all steps are judged, and add their rows to the journal."""
        self._note(list(self.checker.rest()))
        self._add_rows(max(self.pending, default=0))

    def save(self, number: int) -> None:
        """Save a checkpoint after this step.  Raises Unusable if it cannot be written; the last one then remains."""
        self._settle()
        self.progress.step = number
        try:
            self.length = self.journal.flush()
            state, by_hand = self.learner.state(), self.by_hand.state
            checkpoint = Checkpoint(self.configuration, self.origin, self.progress, state, by_hand, self.length)
            save_checkpoint(self.out, checkpoint)
        except OSError as error:
            reason = f"cannot be written ({error.strerror or error})"
            raise Unusable(f"--out {self.out}: {reason}; {self.so_far()}") from error

    def so_far(self) -> str:
        """Return in words what has been verified, and how to go on."""
        p = self.progress
        return (
            f"stopped after step {p.step:,} of {self.steps:,}: {p.elements:,} numbers compared, {p.outside:,} outside; "
            f"go on with --resume {self.out}"
        )

    def _predict(self, samples: Samples) -> list[float]:
        """Return shares of the images: correct by hand, correct by TensorFlow, and predicted differently."""
        counts = np.zeros(3)
        for first in range(0, len(samples), CHUNK):
            indices = np.arange(first, min(first + CHUNK, len(samples)))
            X, _ = samples.rows(indices, self.configuration.dtype)
            by_hand, tensorflow, labels = self.by_hand.predict(X), self.learner.predict(X), samples.labels[indices]
            counts += [np.sum(by_hand == labels), np.sum(tensorflow == labels), np.sum(by_hand != tensorflow)]
        return [float(count) / len(samples) for count in counts]

    def _drift(self) -> tuple[float, float]:
        """Return two measures of the difference between the two sets of weights.

        They are the largest difference, and the norm of all differences over the norm of TensorFlow's weights.
        """
        weights = self.learner.weights()
        differences = [np.subtract(self.by_hand.state[P], weights[P], dtype=np.float64) for P in weights]
        largest = max(float(np.abs(difference).max()) for difference in differences)
        return largest, _norm(differences) / _norm([W.astype(np.float64) for W in weights.values()])


def _norm(arrays: list[Floats]) -> float:
    """Euclidean norm of all elements of these arrays."""
    return float(np.sqrt(sum(np.vdot(a, a) for a in arrays)))
