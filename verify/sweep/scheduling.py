"""Run cases on a cluster: every case gives exactly one result, whatever happens to workers and scheduler.

The cluster has only a few more cases than threads at any time; the others wait here. Several cases make one task,
which costs the scheduler less. If the cluster is lost, the cases that it had run again. If a worker dies, one of its
cases may be the cause: each of them is a suspect, waits until all other cases are done, and then runs alone.
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
from verify.sweep.case_result import CRASHED, UNVERIFIED, CaseResult, failed
from verify.sweep.cluster import Connect
from verify.sweep.plan import Case

Work = Callable[[Case], CaseResult]
TOGETHER = 4  # cases in a task
AHEAD = 2  # tasks for each thread: one is computed, the other waits at the worker
DEATHS = 3  # a case is given up after so many deaths of its worker
HOPELESS = 5  # if so many cases are given up and none has succeeded, the workers are at fault, not the cases
PATIENCE = 60.0  # seconds to wait without a scheduler or without workers
MISSING = 30.0  # seconds to wait for a local worker: Dask does not replace one that dies while it starts
LOOK_AGAIN = 5.0  # seconds between two counts of the threads
GONE = (CommClosedError, CancelledError, FutureCancelledError, OSError, TimeoutError)


class SchedulerLost(Exception):
    """The connection to the scheduler is lost."""


class Runner:
    """Runs cases on a cluster and survives the loss of workers and of the scheduler.

    `work` runs in the worker. `waiting` is called with a text while the scheduler is away, `ready` with each new
    client, and `idle` whenever nothing has finished for a second.
    """

    def __init__(
        self,
        connect: Connect,
        work: Work,
        patience: float = PATIENCE,
        waiting: Callable[[str], None] = lambda text: None,
        ready: Callable[[Any], None] = lambda client: None,
        idle: Callable[[], None] = lambda: None,
    ) -> None:
        self.connect, self.work, self.patience, self.waiting, self.ready = connect, work, patience, waiting, ready
        self.idle = idle
        self.again: deque[Case] = deque()  # cases of a lost cluster, to be run again
        self.suspects: dict[int, tuple[Case, int]] = {}  # by number: the case, and how often its worker has died
        self.out: dict[int, tuple[list[Case], Any]] = {}  # by task number: its cases, its future
        self.finished: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self.alone: int | None = None  # the suspect that runs now
        self.lived = self.given_up = 0  # cases that succeeded, cases given up
        self.sent = 0  # tasks

    def findings(self, cases: Iterable[Case]) -> Generator[CaseResult, None, None]:
        """Yield one result for each case, as they finish.  Raises Unusable or Unverifiable."""
        self.cases = iter(cases)
        lost_since: float | None = None
        while self._more():
            try:
                with self.connect() as client:
                    lost_since = None
                    self.ready(client)
                    yield from self._through(client)
            except SchedulerLost:
                lost_since = time.monotonic()
                self._take_back()
                self.waiting("the cluster is gone; waiting for it to come back")
            except Unusable as error:
                if lost_since is None:
                    raise
                if time.monotonic() - lost_since > self.patience:
                    raise Unverifiable(f"the scheduler was lost and has not come back: {error}") from error
                self.idle()
                time.sleep(0.5)

    def _more(self) -> bool:
        """Return whether cases are left; take the next one from the iterator if no other is at hand."""
        if not (self.again or self.out or self.suspects):
            self.again.extend(islice(self.cases, 1))
        return bool(self.again or self.out or self.suspects)

    def _through(self, client: Any) -> Iterator[CaseResult]:
        """Run cases on this client until none is left.  Raises Lost or Unverifiable."""
        threads, counted, all_there = 0, -LOOK_AGAIN, time.monotonic()
        local_workers = len(client.cluster.worker_spec) if client.cluster else 0
        while self._more():
            if time.monotonic() - counted > LOOK_AGAIN or not threads:
                threads, counted = _threads(client), time.monotonic()
            if threads >= max(local_workers, 1):
                all_there = time.monotonic()
            elif time.monotonic() - all_there > (MISSING if local_workers else self.patience):
                if local_workers:
                    raise SchedulerLost
                raise Unverifiable(f"there has been no worker for {self.patience:.0f} seconds")
            self._send(client, threads)
            yield from self._received(client)

    def _send(self, client: Any, threads: int) -> None:
        """Submit as many tasks as the cluster should have, or a suspect if the cluster has no task."""
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
        """Return whether suspects run first: many workers have died and no case has succeeded."""
        return len(self.suspects) > 2 * HOPELESS and not self.lived

    def _submit(self, client: Any, cases: list[Case]) -> None:
        """Submit these cases as one task.  Raises Lost."""
        self.sent += 1
        task = self.sent
        self.out[task] = (cases, None)
        try:
            future = client.submit(_at_worker, self.work, cases, key=f"byhand-{id(self):x}-{cases[0].number}-{task}")
        except GONE as error:
            raise SchedulerLost from error
        self.out[task] = (cases, future)
        future.add_done_callback(lambda done: self.finished.put((task, done)))

    def _received(self, client: Any) -> Iterator[CaseResult]:
        """Yield the results of the tasks that have finished; wait at most a second.  Raises Lost."""
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
                raise SchedulerLost
        done = [(task, future) for task, future in done if task in self.out]
        for (task, _), answer in zip(done, _answers(client, [future for _, future in done]), strict=True):
            yield from self._settled(task, answer)

    def _settled(self, task: int, answer: Any) -> Iterator[CaseResult]:
        """Yield the results of one task; if its worker died, make its cases suspects."""
        cases, _ = self.out.pop(task)
        alone, self.alone = self.alone, None  # while a suspect runs, it is the only task
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

    def _gave_up(self, case: Case, deaths: int) -> CaseResult:
        """Return the result of a case whose workers have died too often.  Raises Unverifiable if all cases do this."""
        self.suspects.pop(case.number)
        self.given_up += 1
        if self.given_up >= HOPELESS and not self.lived:
            raise Unverifiable(f"each of the first {HOPELESS} cases ended its worker; the first is {case.command}")
        why = "killed, out of memory, or a crash in TensorFlow"
        return failed(case, CRASHED, f"its worker process died {deaths} times ({why})")

    def _take_back(self) -> None:
        """Queue the cases of a lost cluster again."""
        for _, (cases, _) in sorted(self.out.items()):
            self.again.extend(case for case in cases if case.number not in self.suspects)
        self.out.clear()
        self.alone = None


def _answers(client: Any, futures: list[Any]) -> list[Any]:
    """Return the result of each future, or the exception it raised.  Raises Lost."""
    try:
        if all(future.status == "finished" for future in futures):
            return list(client.gather(futures)) if futures else []
    except Exception:  # noqa: BLE001  # raised by one of them; they are asked one by one below
        pass
    answers: list[Any] = []
    for future in futures:
        try:
            answers.append(future.result())
        except GONE as error:
            raise SchedulerLost from error
        except Exception as error:  # noqa: BLE001  # a worker may raise anything
            answers.append(error)
    return answers


def _threads(client: Any) -> int:
    """Return the number of threads of all workers.  Raises Lost."""
    try:
        return sum(client.nthreads().values())
    except GONE as error:
        raise SchedulerLost from error


def _at_worker(work: Work, cases: list[Case]) -> list[CaseResult]:
    """Compute cases in the worker; an error in a case is its result, only an unfit worker raises Unusable."""
    return [_one(work, case) for case in cases]


def _one(work: Work, case: Case) -> CaseResult:
    """Compute one case in the worker."""
    try:
        return work(case)
    except Unusable as error:
        raise Unusable(f"worker {get_worker().address}: {error}") from error
    except Exception as error:  # noqa: BLE001  # a worker may raise anything
        return failed(case, UNVERIFIED, f"{type(error).__name__}: {error}")
