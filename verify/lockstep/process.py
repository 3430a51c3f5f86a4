"""The verification of a training in a process of its own, fed through shared memory.

TensorFlow's process copies each step's tensors into a slot and goes on to the next step; this one judges them in
order. A slot is free again when the step after it is judged, since a step begins with what the last one left.
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
from reference.rules import given
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

    def fits(self, held: Mapping[str, Array]) -> bool:
        """Whether these are the tensors a step must have; others take the long way."""
        shapes = self.shapes(len(held["X"]) if "X" in held else 0)
        return held.keys() == shapes.keys() and all(
            array.dtype == self.kind and array.shape == shapes[name] for name, array in held.items()
        )

    def shapes(self, examples: int) -> Mapping[str, tuple[int, ...]]:
        """Of the tensors, for batches of so many examples."""
        if examples not in self.known:
            self.known[examples] = {name: self.network.tensor_shape(name, examples) for name in self.names}
        return self.known[examples]

    def views(self, slot: int, examples: int) -> dict[str, Array]:
        found = {}
        for name, shape in self.shapes(examples).items():
            begin = slot * self.size + self.starts[name]
            flat = np.frombuffer(self.memory, self.kind, int(np.prod(shape)), begin)
            found[name] = flat.reshape(shape)
        return found


def _names(settings: Settings, network: Network) -> tuple[str, ...]:
    rules = planned(Trace(settings, network, {}, {}), "backprop", True)[0]
    return tuple(dict.fromkeys((*given(network), *(rule.tensor for rule in rules))))


class Checker:
    """Hand it every step, in order; it hands back what was found, in order."""

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
        self.held: deque[int | None] = deque()  # slots of steps that were given, until they are free again
        self.waiting = 0
        self.views: dict[tuple[int, int], dict[str, Array]] = {}

    def give(self, number: int, held: Mapping[str, Array], state: Mapping[str, Array] | None) -> list[Judged]:
        """Queue a step; whatever was found meanwhile.  Raises Unverifiable if the process is gone."""
        found = list(self.found(wait=not self.free))
        slot: int | None = None
        if self.slots.fits(held):
            slot = self.free.popleft()
            key = slot, len(held["X"])
            if key not in self.views:
                self.views[key] = self.slots.views(*key)
            for name, view in self.views[key].items():
                np.copyto(view, held[name])
        self._send((number, slot, len(held["X"]) if slot is not None else dict(held), state))
        self.held.append(slot)
        self.waiting += 1
        return found

    def found(self, wait: bool) -> Iterator[Judged]:
        """What is ready; with `wait` at least until a slot is free."""
        while (wait and not self.free) or self.ours.poll():
            yield self._receive()

    def rest(self) -> Iterator[Judged]:
        """Everything that is still to come."""
        while self.waiting:
            yield self._receive()

    def _receive(self) -> Judged:
        try:
            found = self.ours.recv()
        except (EOFError, OSError) as error:
            raise Unverifiable(GONE) from error
        if isinstance(found, BaseException):
            raise found
        self.waiting -= 1
        while len(self.held) > self.waiting + 1:
            slot = self.held.popleft()
            if slot is not None:
                self.free.append(slot)
        judged: Judged = found
        return judged

    def _send(self, message: Any) -> None:
        try:
            self.ours.send(message)
        except OSError as error:
            raise Unverifiable(GONE) from error

    def close(self) -> None:
        self.ours.close()
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """For a process that is started meanwhile: one thread for its matrix products, the other core is TensorFlow's."""
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
    """Judge what comes until nothing more can come."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the other process, which ends this one
    keep_freed()
    slots, lockstep = Slots(memory, settings, network), Lockstep(settings, network)
    seen: dict[tuple[int, int], Any] = {}  # making the arrays anew takes as long as judging some of them
    while True:
        try:
            number, slot, content, state = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            if slot is not None and (slot, content) not in seen:
                seen[slot, content] = slots.views(slot, content)
            answer: Any = lockstep.judge(number, content if slot is None else seen[slot, content], state)
        except Exception as error:
            answer = RuntimeError(f"step {number} could not be judged: {type(error).__name__}: {error}")
        try:
            pipe.send(answer)
        except OSError:
            return
