"""Verify a training in a second process, which receives the tensors through shared memory.

TensorFlow's process copies the tensors of each step into a slot and continues with the next step. The second process
judges the steps in order. A step starts from the state that the step before left, so a slot becomes free only when the
next step has been judged.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from reference.network import Network
from reference.rules import given_names
from verify.compare.plan import planned
from verify.errors import Unverifiable
from verify.lockstep.verifier import Judged, Lockstep
from verify.records.settings import Settings
from verify.records.trace import Array, Trace
from verify.runtime.malloc import keep_freed

SLOTS = 6
ALIGNED = 64  # bytes
SINGLE = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")}
GONE = "the process that verifies has ended (killed, or out of memory)"


class Slots:
    """Shared memory for the tensors of a few steps, at most `batch` examples each."""

    def __init__(self, memory: Any, settings: Settings, network: Network) -> None:
        self.network, self.kind = network, np.dtype(settings.dtype)
        self.names = _names(settings, network)
        self.known: dict[int, dict[str, tuple[int, ...]]] = {}
        self.starts: dict[str, int] = {}
        self.size = 0
        for name in self.names:
            self.starts[name] = self.size
            count = int(np.prod(network.tensor_shape(name, settings.batch)))
            self.size += -(-count * self.kind.itemsize // ALIGNED) * ALIGNED
        self.memory = memory

    def fits(self, captured: Mapping[str, Array]) -> bool:
        """Return True if these are exactly the tensors of a step, so that a slot holds them.

        Any other tensors are sent through the pipe.
        """
        shapes = self.shapes(len(captured["X"]) if "X" in captured else 0)
        return captured.keys() == shapes.keys() and all(
            array.dtype == self.kind and array.shape == shapes[name] for name, array in captured.items()
        )

    def shapes(self, examples: int) -> Mapping[str, tuple[int, ...]]:
        """Return the shape of every tensor of a step, for a batch of this many examples."""
        if examples not in self.known:
            self.known[examples] = {name: self.network.tensor_shape(name, examples) for name in self.names}
        return self.known[examples]

    def views(self, slot: int, examples: int) -> dict[str, Array]:
        """Return the arrays of a slot by name. They share its memory."""
        arrays = {}
        for name, shape in self.shapes(examples).items():
            begin = slot * self.size + self.starts[name]
            flat = np.frombuffer(self.memory, self.kind, int(np.prod(shape)), begin)
            arrays[name] = flat.reshape(shape)
        return arrays


def _names(settings: Settings, network: Network) -> tuple[str, ...]:
    """Return the names of all tensors of a step."""
    rules = planned(Trace(settings, network, {}, {}), "backprop", True)[0]
    return tuple(dict.fromkeys((*given_names(network), *(rule.tensor for rule in rules))))


class Checker:
    """The second process, seen from TensorFlow's process. It takes every step and returns the results, in order."""

    def __init__(self, settings: Settings, network: Network) -> None:
        context = multiprocessing.get_context("spawn")
        size = Slots(None, settings, network).size
        memory = context.RawArray("b", SLOTS * size)
        self.slots = Slots(memory, settings, network)
        self.ours, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, memory, settings, network), daemon=True)
        with _environment(SINGLE):
            self.process.start()
        theirs.close()
        self.free = deque(range(SLOTS))
        self.queued: deque[int | None] = deque()  # slots of queued steps until they are free; None: sent by the pipe
        self.waiting = 0
        self.views: dict[tuple[int, int], dict[str, Array]] = {}

    def give(self, number: int, captured: Mapping[str, Array], state: Mapping[str, Array] | None) -> list[Judged]:
        """Queue a step and return the results that are ready.  Raises Unverifiable if the process has ended."""
        results = list(self.found(wait=not self.free))
        slot: int | None = None
        if self.slots.fits(captured):
            slot = self.free.popleft()
            key = slot, len(captured["X"])
            if key not in self.views:
                self.views[key] = self.slots.views(*key)
            for name, view in self.views[key].items():
                np.copyto(view, captured[name])
        self._send((number, slot, len(captured["X"]) if slot is not None else dict(captured), state))
        self.queued.append(slot)
        self.waiting += 1
        return results

    def found(self, wait: bool) -> Iterator[Judged]:
        """Yield the results that are ready; with `wait`, receive results until a slot is free."""
        while (wait and not self.free) or self.ours.poll():
            yield self._receive()

    def rest(self) -> Iterator[Judged]:
        """Yield the results of all steps that are not judged yet."""
        while self.waiting:
            yield self._receive()

    def _receive(self) -> Judged:
        """Wait for one result and return it.  Raises Unverifiable if the process has ended, or what it sent back."""
        try:
            message = self.ours.recv()
        except (EOFError, OSError) as error:
            raise Unverifiable(GONE) from error
        if isinstance(message, BaseException):
            raise message
        self.waiting -= 1
        while len(self.queued) > self.waiting + 1:
            slot = self.queued.popleft()
            if slot is not None:
                self.free.append(slot)
        judged: Judged = message
        return judged

    def _send(self, message: Any) -> None:
        """Send a message to the process.  Raises Unverifiable if it has ended."""
        try:
            self.ours.send(message)
        except OSError as error:
            raise Unverifiable(GONE) from error

    def close(self) -> None:
        """Close the pipe, which ends the process, and kill the process if it is still alive after 5 seconds."""
        self.ours.close()
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the duration of a `with` block, for a process that is started inside it.

    The new process then uses one thread for its matrix products and leaves the other core to TensorFlow.
    """
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _work(pipe: Connection, memory: Any, settings: Settings, network: Network) -> None:
    """Judge the steps that arrive until the pipe is closed. This function runs in the second process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # TensorFlow's process handles Ctrl-C and ends this one
    keep_freed()
    slots, lockstep = Slots(memory, settings, network), Lockstep(settings, network)
    views: dict[tuple[int, int], Any] = {}  # kept: creating the arrays takes as long as judging some of them
    while True:
        try:
            number, slot, content, state = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            if slot is not None and (slot, content) not in views:
                views[slot, content] = slots.views(slot, content)
            answer: Any = lockstep.judge(number, content if slot is None else views[slot, content], state)
        except Exception as error:  # noqa: BLE001  # it is sent to the process that waits for an answer
            answer = RuntimeError(f"step {number} could not be judged: {type(error).__name__}: {error}")
        try:
            pipe.send(answer)
        except OSError:
            return
