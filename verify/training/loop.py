"""The training itself: TensorFlow and by hand, side by side, each step verified; stoppable at any moment."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from verify.errors import Unusable
from verify.inputs.samples import Samples
from verify.lockstep.process import Checker
from verify.lockstep.verifier import Judged
from verify.records.trace import Array
from verify.runtime.signals import stop_signals
from verify.training import checkpoint as kept
from verify.training.checkpoint import Checkpoint, Journal, Progress
from verify.training.configuration import Course
from verify.training.numpy_network import ByHand

if TYPE_CHECKING:
    from verify.capture.trainer import Learner

SAVED_EVERY = 500  # steps, and at the end of each epoch
CHECKED = 3  # steps done with and without capturing before the training begins
AT_ONCE = 4096  # images predicted at a time

Advance = Callable[[int, int], None]


class Stopped(KeyboardInterrupt):
    """Ctrl-C: the message says what has been verified so far."""


class Lesson:
    """One training between two steps: the learner, the by-hand network, the checker, and what was found."""

    def __init__(
        self, course: Course, train: Samples, test: Samples, learner: Learner, out: Path, origin: dict[str, str]
    ) -> None:
        self.course, self.train, self.test, self.learner = course, train, test, learner
        self.out, self.origin = out, origin
        self.by_hand = ByHand(course, learner.network, learner.weights())
        self.progress = Progress()
        self.length = 0
        self.pending: dict[int, tuple[float, float]] = {}

    @property
    def steps(self) -> int:
        """Of the whole training."""
        return self.course.epochs * self.course.steps_of_epoch(len(self.train))

    def resume(self, checkpoint: Checkpoint) -> None:
        self.learner.restore(checkpoint.learner)
        self.by_hand.state = dict(checkpoint.by_hand)
        self.progress, self.length = checkpoint.progress, checkpoint.journal

    def run(self, advance: Advance) -> Journal:
        """To the end.  Raises Stopped (Ctrl-C), Unusable (the folder cannot be written), Unverifiable."""
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            self.journal = Journal(self.out, self.length)
        except OSError as error:
            raise Unusable(f"--out {self.out}: cannot be written ({error.strerror or error})") from error
        self.checker = Checker(self.course.settings, self.learner.network)
        try:
            with stop_signals() as stopped:
                for epoch in range(len(self.progress.epochs) + 1, self.course.epochs + 1):
                    self._epoch(epoch, advance, stopped)
        finally:
            self.checker.close()
        return self.journal

    def check_capture(self) -> None:
        """The next steps with and without capturing: the same bits?  Raises Unverifiable."""
        epoch = len(self.progress.epochs) + 1
        batches = self.course.batches(self.train, min(epoch, self.course.epochs))
        self.learner.check([batch for batch, _ in zip(batches, range(CHECKED), strict=False)])

    def _epoch(self, epoch: int, advance: Advance, stopped: list[int]) -> None:
        each = self.course.steps_of_epoch(len(self.train))
        first = (epoch - 1) * each
        done = self.progress.step - first
        for number, (X, y) in enumerate(self.course.batches(self.train, epoch, done), first + done + 1):
            self._step(number, X, y)
            advance(number, self.steps)
            if stopped or (number % SAVED_EVERY == 0 and number < first + each):
                self.save(number)
            if stopped:
                raise Stopped(self.so_far())
        self._settle()
        self.progress.epochs.append((epoch, *self._accuracies(), *self._drift(), self._differ))
        self.save(first + each)

    def _step(self, number: int, X: Array, y: Array) -> None:
        verified = number % self.course.every == 0
        state = self._state() if verified and (self.course.every > 1 or number == self.progress.step + 1) else None
        held = self.learner.step(X, y)
        self.pending[number] = self.by_hand.step(number, X, y), float(held["C"])
        if verified:
            self._note(self.checker.give(number, held, state if number > 1 else None))

    def _state(self) -> dict[str, Array]:
        """P, m_P and v_P before a step, where the checker has not seen the step that left them."""
        return self.learner.tensors()

    def _note(self, judged: list[Judged]) -> None:
        """Rows of steps.csv, in the order of the steps."""
        for found in judged:
            self.progress.add(found)
            worst, used = found.worst
            for number in sorted(n for n in self.pending if n <= found.step):
                mine = (worst, used, found.outside) if number == found.step else ("", "", "")
                self._row(number, *mine)

    def _row(self, number: int, *found: Any) -> None:
        epoch = -(-number // self.course.steps_of_epoch(len(self.train)))
        self.journal.add(number, epoch, *self.pending.pop(number), *found)

    def _settle(self) -> None:
        """Wait for what is still being judged."""
        self._note(list(self.checker.rest()))
        for number in sorted(self.pending):
            self._row(number, "", "", "")

    def save(self, number: int) -> None:
        """A checkpoint after this step.  Raises Unusable if it cannot be written; the one before stays."""
        self._settle()
        self.progress.step = number
        try:
            self.length = self.journal.flush()
            kept.save(self.out, self.checkpoint())
        except OSError as error:
            reason = f"cannot be written ({error.strerror or error})"
            raise Unusable(f"--out {self.out}: {reason}; {self.so_far()}") from error

    def checkpoint(self) -> Checkpoint:
        state, by_hand = self.learner.state(), self.by_hand.state
        return Checkpoint(self.course, self.origin, self.progress, state, by_hand, self.length)

    def so_far(self) -> str:
        p = self.progress
        return (
            f"stopped after step {p.step:,} of {self.steps:,}: {p.elements:,} numbers compared, {p.outside:,} outside; "
            f"go on with --resume {self.out}"
        )

    def _accuracies(self) -> tuple[float, float, float, float]:
        """By hand and by TensorFlow, on the training images and on the test images."""
        found: list[float] = []
        for samples in (self.train, self.test):
            right = np.zeros(3)
            for first in range(0, len(samples), AT_ONCE):
                which = np.arange(first, min(first + AT_ONCE, len(samples)))
                X, _ = samples.rows(which, self.course.dtype)
                mine, theirs = self.by_hand.predict(X), self.learner.predict(X)
                labels = samples.labels[which]
                right += [np.sum(mine == labels), np.sum(theirs == labels), np.sum(mine != theirs)]
            found += (right[:2] / len(samples)).tolist()
            self._differ = float(right[2]) / len(samples)
        return found[0], found[1], found[2], found[3]

    def _drift(self) -> tuple[float, float]:
        """Between the two sets of weights: the largest difference; the norm of all over that of TensorFlow's."""
        theirs = self.learner.weights()
        apart = [np.subtract(self.by_hand.state[P], theirs[P], dtype=np.float64) for P in theirs]
        largest = max(float(np.abs(d).max()) for d in apart)
        norms = [float(np.sqrt(sum(np.vdot(a, a) for a in arrays))) for arrays in (apart, _double(theirs))]
        return largest, norms[0] / norms[1]


def _double(arrays: dict[str, Array]) -> list[Array]:
    return [array.astype(np.float64) for array in arrays.values()]
