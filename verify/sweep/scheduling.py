"""Run cases on a cluster: every one gives exactly one finding, whatever happens to workers and scheduler.

A few cases more than there are threads are with the cluster at any time, some in one task, which costs the scheduler
less; all else is here. What was with a cluster that is gone is done again. A case whose worker died may have killed
it or stood beside the one that did: it waits until the others are done and then runs alone, so that none is blamed
for another.
"""

from __future__ import annotations

import queue
import time
from asyncio import CancelledError
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from typing import Any

from distributed import KilledWorker, get_worker
from distributed.client import FutureCancelledError
from distributed.comm import CommClosedError

from verify.errors import Unusable, Unverifiable
from verify.sweep.case_result import CRASHED, UNVERIFIED, Finding, failed
from verify.sweep.cluster import Connect
from verify.sweep.plan import Case

Work = Callable[[Case], Finding]
TOGETHER = 4  # cases in a task
AHEAD = 2  # tasks a thread: one it computes, the other on its way
DEATHS = 3  # of its worker, and a case is given up
HOPELESS = 5  # cases given up while none has come through: then the workers, not the cases, are at fault
PATIENCE = 60.0  # seconds without scheduler or workers
MISSING = 30.0  # seconds without a worker of a local cluster: Dask does not replace one that dies as it starts
LOOK_AGAIN = 5.0  # seconds between two looks at the number of threads
GONE = (CommClosedError, CancelledError, FutureCancelledError, OSError, TimeoutError)


class Lost(Exception):
    """The connection to the scheduler."""


class Runner:
    """`waiting` is told when something is being waited for, `ready` gets each client as it is connected, `idle` is
    called when nothing has come for a second."""

    def __init__(
        self, connect: Connect, work: Work, patience: float = PATIENCE,
        waiting: Callable[[str], None] = lambda text: None, ready: Callable[[Any], None] = lambda client: None,
        idle: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.connect, self.work, self.patience, self.waiting, self.ready = connect, work, patience, waiting, ready
        self.idle = idle
        self.again: deque[Case] = deque()  # those that were with a cluster that is gone
        self.suspects: dict[int, tuple[Case, int]] = {}  # and how often their worker has died
        self.out: dict[int, tuple[list[Case], Any]] = {}  # by the number of the task
        self.finished: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self.alone: int | None = None
        self.lived = self.given_up = 0
        self.sent = 0

    def findings(self, cases: Iterable[Case]) -> Generator[Finding, None, None]:
        """One of each case, as they come.  Raises Unusable or Unverifiable."""
        self.cases = iter(cases)
        since: float | None = None  # when the scheduler was lost
        while self._more():
            try:
                with self.connect() as client:
                    since = None
                    self.ready(client)
                    yield from self._through(client)
            except Lost:
                since = time.monotonic()
                self._take_back()
                self.waiting("the cluster is gone; waiting for it to come back")
            except Unusable as error:
                if since is None:
                    raise
                if time.monotonic() - since > self.patience:
                    raise Unverifiable(f"the scheduler was lost and has not come back: {error}") from error
                self.idle()
                time.sleep(0.5)

    def _more(self) -> bool:
        if not (self.again or self.out or self.suspects):
            self.again.extend(islice(self.cases, 1))
        return bool(self.again or self.out or self.suspects)

    def _through(self, client: Any) -> Iterator[Finding]:
        """Until nothing is left.  Raises Lost."""
        threads, looked, complete = 0, -LOOK_AGAIN, time.monotonic()
        own = len(client.cluster.worker_spec) if client.cluster else 0
        while self._more():
            if time.monotonic() - looked > LOOK_AGAIN or not threads:
                threads, looked = _threads(client), time.monotonic()
            if threads >= max(own, 1):
                complete = time.monotonic()
            elif time.monotonic() - complete > (MISSING if own else self.patience):
                if own:
                    raise Lost
                raise Unverifiable(f"there has been no worker for {self.patience:.0f} seconds")
            self._send(client, threads)
            yield from self._received(client)

    def _send(self, client: Any, threads: int) -> None:
        """As many as the cluster should hold; of the suspects one, when it holds no other."""
        while not self._suspects_turn() and self.alone is None and len(self.out) < AHEAD * threads:
            cases = [self.again.popleft() for _ in range(min(TOGETHER, len(self.again)))]
            cases += islice(self.cases, TOGETHER - len(cases))
            if not cases:
                break
            self._submit(client, cases)
        if not self.out and self.suspects:
            number = min(self.suspects)
            self._submit(client, [self.suspects[number][0]])
            self.alone = number

    def _suspects_turn(self) -> bool:
        """Before others: while no case at all has come through, and many workers have died."""
        return len(self.suspects) > 2 * HOPELESS and not self.lived

    def _submit(self, client: Any, cases: list[Case]) -> None:
        self.sent += 1
        task = self.sent
        self.out[task] = (cases, None)
        try:
            future = client.submit(_at_worker, self.work, cases, key=f"byhand-{id(self):x}-{cases[0].number}-{task}")
        except GONE as error:
            raise Lost from error
        self.out[task] = (cases, future)
        future.add_done_callback(lambda done: self.finished.put((task, done)))

    def _received(self, client: Any) -> Iterator[Finding]:
        """What has finished; waits for a second at most.  Raises Lost."""
        done: list[tuple[int, Any]] = []
        try:
            done.append(self.finished.get(timeout=1.0))
            while True:
                done.append(self.finished.get_nowait())
        except queue.Empty:
            pass
        if not done:
            self.idle()
            if client.status != "running":
                raise Lost
        done = [(task, future) for task, future in done if task in self.out]
        for (task, _), answer in zip(done, _answers(client, [future for _, future in done]), strict=True):
            yield from self._settled(task, answer)

    def _settled(self, task: int, answer: Any) -> Iterator[Finding]:
        """The findings of a task, or what to do about cases that have none."""
        cases, _ = self.out.pop(task)
        alone, self.alone = self.alone, None  # with a suspect there is no other task
        if isinstance(answer, KilledWorker):
            for case in cases:
                deaths = self.suspects.get(case.number, (case, 0))[1] + answer.allowed_failures + 1
                self.suspects[case.number] = (case, deaths)
                if alone is not None and deaths >= DEATHS:
                    yield self._gave_up(case, deaths)
        elif isinstance(answer, Unusable):
            raise answer
        elif isinstance(answer, BaseException):
            raise Unusable(f"a worker cannot run this project: {type(answer).__name__}: {answer}")
        else:
            self.lived += len(cases)
            if alone is not None:
                self.suspects.pop(alone)
            yield from answer

    def _gave_up(self, case: Case, deaths: int) -> Finding:
        self.suspects.pop(case.number)
        self.given_up += 1
        if self.given_up >= HOPELESS and not self.lived:
            raise Unverifiable(f"each of the first {HOPELESS} cases ended its worker; the first is {case.command}")
        why = "killed, out of memory, or a crash in TensorFlow"
        return failed(case, CRASHED, f"its worker process died {deaths} times ({why})")

    def _take_back(self) -> None:
        """What was with a cluster that is gone."""
        for _, (cases, _) in sorted(self.out.items()):
            self.again.extend(case for case in cases if case.number not in self.suspects)
        self.out.clear()
        self.alone = None


def _answers(client: Any, futures: list[Any]) -> list[Any]:
    """Results, or the exceptions in their places.  Raises Lost."""
    try:
        if all(future.status == "finished" for future in futures):
            return list(client.gather(futures)) if futures else []
    except Exception:  # of one of them: ask each for its own
        pass
    found: list[Any] = []
    for future in futures:
        try:
            found.append(future.result())
        except GONE as error:
            raise Lost from error
        except Exception as error:
            found.append(error)
    return found


def _threads(client: Any) -> int:
    try:
        return sum(client.nthreads().values())
    except GONE as error:
        raise Lost from error


def _at_worker(work: Work, cases: list[Case]) -> list[Finding]:
    """What the worker runs. Trouble in a case is its finding; only a worker that may not take part raises."""
    return [_one(work, case) for case in cases]


def _one(work: Work, case: Case) -> Finding:
    try:
        return work(case)
    except Unusable as error:
        raise Unusable(f"worker {get_worker().address}: {error}") from error
    except Exception as error:
        return failed(case, UNVERIFIED, f"{type(error).__name__}: {error}")
