"""Verify a training in a second process, which receives the tensors through shared memory.

TensorFlow's process copies the tensors of each step into a slot and continues with the next step. The second process
judges the steps in order. A step starts from the state that the step before left, so a slot becomes free only when the
next step has been judged.
"""

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

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
GONE = "the process that verifies has ended (killed, or out of memory)"


class Slots:
    """Shared memory for the tensors of a few steps, at most `batch` examples each."""

    def __init__(self, memory: Any, settings: Settings, network: Network) -> None:
        self.memory, self.network, self.dtype = memory, network, np.dtype(settings.dtype)
        self.most = settings.batch
        rules = planned(Trace(settings, network, {}, {}), "backprop", True)[0]
        self.names = tuple(dict.fromkeys((*given_names(network), *(rule.tensor for rule in rules))))
        self.starts: dict[str, int] = {}
        self.size = 0
        for name, shape in self.shapes(settings.batch).items():
            self.starts[name] = self.size
            self.size += -(-int(np.prod(shape)) * self.dtype.itemsize // ALIGNED) * ALIGNED
        self._views: dict[tuple[int, int], dict[str, Array]] = {}

    def shapes(self, examples: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every tensor of a step, for a batch of this many examples."""
        return {name: self.network.tensor_shape(name, examples) for name in self.names}

    def views(self, slot: int, examples: int) -> dict[str, Array]:
        """Return the arrays of a slot by name. They share its memory, and are created only once."""
        if (slot, examples) not in self._views:
            self._views[slot, examples] = {
                name: np.ndarray(shape, self.dtype, self.memory, slot * self.size + self.starts[name])
                for name, shape in self.shapes(examples).items()
            }
        return self._views[slot, examples]

    def store(self, slot: int, captured: Mapping[str, Array]) -> bool:
        """Copy a step into a slot. Copy nothing and return False if these are not exactly the tensors of a step."""
        first = self.network.inputs[0]
        examples = len(captured[first]) if first in captured else 0
        views = self.views(slot, examples) if 0 < examples <= self.most else {}
        fits = captured.keys() == views.keys() and all(
            array.dtype == self.dtype and array.shape == views[name].shape for name, array in captured.items()
        )
        for name, view in views.items() if fits else ():
            np.copyto(view, captured[name])
        return fits


class Checker:
    """The second process, seen from TensorFlow's process. It takes every step and returns the results, in order."""

    def __init__(self, settings: Settings, network: Network) -> None:
        context = multiprocessing.get_context("spawn")
        memory = context.RawArray("b", SLOTS * Slots(None, settings, network).size)
        self.slots = Slots(memory, settings, network)
        self.pipe, other_end = context.Pipe()
        self.process = context.Process(target=_work, args=(other_end, memory, settings, network), daemon=True)
        self.process.start()
        other_end.close()
        self.free = deque(range(SLOTS))
        self.queued: deque[int | None] = deque()  # slots of queued steps until they are free; None: sent by the pipe
        self.waiting = 0

    def give(self, number: int, captured: Mapping[str, Array], state: Mapping[str, Array] | None) -> list[Judged]:
        """Queue a step and return the results that are ready.  Raises Unverifiable if the process has ended."""
        results = []
        while not self.free or self.pipe.poll():
            results.append(self._receive())
        slot = self.free[0] if self.slots.store(self.free[0], captured) else None
        if slot is not None:
            self.free.popleft()
        sent = dict(captured) if slot is None else len(captured[self.slots.network.inputs[0]])
        try:
            self.pipe.send((number, slot, sent, state))
        except OSError as error:
            raise Unverifiable(GONE) from error
        self.queued.append(slot)
        self.waiting += 1
        return results

    def rest(self) -> Iterator[Judged]:
        """Yield the results of all steps that are not judged yet."""
        while self.waiting:
            yield self._receive()

    def _receive(self) -> Judged:
        """Wait for one result and return it.  Raises Unverifiable if the process has ended, or what it sent back."""
        try:
            message = self.pipe.recv()
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

    def close(self) -> None:
        """Close the pipe, which ends the process, and kill the process if it is still alive after 5 seconds."""
        self.pipe.close()
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()


def _work(pipe: Connection, memory: Any, settings: Settings, network: Network) -> None:
    """Judge the steps that arrive until the pipe is closed. This function runs in the second process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # TensorFlow's process handles Ctrl-C and ends this one
    threadpool_limits(1)  # NumPy's matrix products leave the other cores to TensorFlow
    keep_freed()
    slots, lockstep = Slots(memory, settings, network), Lockstep(settings, network)
    while True:
        try:
            number, slot, content, state = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            tensors = content if slot is None else slots.views(slot, content)
            answer: Any = lockstep.judge(number, tensors, state)
        except Exception as error:  # noqa: BLE001  # it is sent to the process that waits for an answer
            answer = RuntimeError(f"step {number} could not be judged: {type(error).__name__}: {error}")
        try:
            pipe.send(answer)
        except OSError:
            return
