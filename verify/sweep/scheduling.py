"""Run cases on a cluster: every case gives exactly one result, whatever happens to workers and scheduler.

The cluster has only a few more cases than threads at any time; the others wait here. Several cases make one task,
which costs the scheduler less. If the cluster is lost, the cases that it had run again. If a worker dies, one of its
cases may be the cause: each of them is a suspect, waits until all other cases are done, and then runs alone.
"""

import queue
import time
from asyncio import CancelledError
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any
from uuid import uuid4

from distributed import KilledWorker, get_worker
from distributed.client import FutureCancelledError
from distributed.comm import CommClosedError

from verify.errors import Unusable, Unverifiable
from verify.sweep.case_result import CRASHED, UNVERIFIED, CaseResult, failed_case
from verify.sweep.cluster import Connect
from verify.sweep.plan import Case

ComputeCase = Callable[[Case], CaseResult]
TOGETHER = 4  # cases in a task
AHEAD = 2  # tasks for each thread: one is computed, the other waits at the worker
DEATHS = 3  # a case is given up after so many deaths of its worker
HOPELESS = 5  # if so many cases are given up and none has succeeded, the workers are at fault, not the cases
PATIENCE = 60.0  # seconds to wait without a scheduler or without workers
MISSING = 30.0  # seconds to wait for a local worker: Dask does not replace one that dies while it starts
LOOK_AGAIN = 5.0  # seconds between two counts of the threads


class SchedulerLost(Exception):
    """The connection to the scheduler is lost."""


class Runner:
    """Runs cases on a cluster and survives the loss of workers and of the scheduler.

    `work` runs in the worker. `patience` is in seconds. `idle` is called whenever nothing has finished for a second.
    """

    def __init__(
        self, connect: Connect, work: ComputeCase, patience: float = PATIENCE, idle: Callable[[], None] = lambda: None
    ) -> None:
        self.connect, self.work, self.patience, self.idle = connect, work, patience, idle
        self.again: deque[Case] = deque()  # cases of a lost cluster, to be run again
        self.suspects: dict[int, tuple[Case, int]] = {}  # by number: the case, and how often its worker has died
        self.tasks: dict[str, tuple[list[Case], Any]] = {}  # on the cluster, by Dask's key: the cases, the future
        self.finished: queue.SimpleQueue[Any] = queue.SimpleQueue()  # futures
        self.alone: int | None = None  # number of the suspect that runs now
        self.succeeded = self.given_up = 0  # cases

    def results(self, cases: Iterable[Case]) -> Generator[CaseResult, None, None]:
        """Yield one result for each case, as they finish.  Raises Unusable or Unverifiable."""
        self.cases = iter(cases)
        lost_since: float | None = None
        while self._has_cases():
            try:
                with self.connect() as client:
                    lost_since = None
                    yield from self._results_of(client)
            except SchedulerLost:
                lost_since = time.monotonic()
                for lost, _ in self.tasks.values():
                    self.again.extend(case for case in lost if case.number not in self.suspects)
                self.tasks, self.alone = {}, None
            except Unusable as error:
                if lost_since is None:
                    raise
                if time.monotonic() - lost_since > self.patience:
                    raise Unverifiable(f"the scheduler was lost and has not come back: {error}") from error
                self.idle()
                time.sleep(0.5)

    def _has_cases(self) -> bool:
        """Return whether cases are left; take the next one from the iterator if no other is at hand."""
        if not (self.again or self.tasks or self.suspects):
            self.again.extend(islice(self.cases, 1))
        return bool(self.again or self.tasks or self.suspects)

    def _results_of(self, client: Any) -> Iterator[CaseResult]:
        """Run cases on this client until none is left.  Raises SchedulerLost or Unverifiable."""
        threads, counted, all_there = 0, -LOOK_AGAIN, time.monotonic()
        local_workers = len(client.cluster.worker_spec) if client.cluster else 0
        while self._has_cases():
            if time.monotonic() - counted > LOOK_AGAIN or not threads:
                with _connected():
                    threads, counted = sum(client.nthreads().values()), time.monotonic()
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
        suspects_first = len(self.suspects) > 2 * HOPELESS and not self.succeeded
        while not suspects_first and self.alone is None and len(self.tasks) < AHEAD * threads:
            cases = [self.again.popleft() for _ in range(min(TOGETHER, len(self.again)))]
            cases += islice(self.cases, TOGETHER - len(cases))
            if not cases:
                break
            self._submit(client, cases)
        if not self.tasks and self.suspects:
            number = min(self.suspects)
            self._submit(client, [self.suspects[number][0]])
            self.alone = number

    def _submit(self, client: Any, cases: list[Case]) -> None:
        """Submit these cases as one task.  Raises SchedulerLost."""
        key = f"byhand-{uuid4().hex}"
        self.tasks[key] = (cases, None)  # before the task is submitted, so that its cases run again if that fails
        with _connected():
            future = client.submit(_compute, self.work, cases, key=key)
        self.tasks[key] = (cases, future)
        future.add_done_callback(self.finished.put)

    def _received(self, client: Any) -> Iterator[CaseResult]:
        """Yield the results of the tasks that have finished; wait at most a second.  Raises SchedulerLost."""
        futures: list[Any] = []
        with suppress(queue.Empty):
            futures.append(self.finished.get(timeout=1.0))
            while True:
                futures.append(self.finished.get_nowait())
        if not futures:
            self.idle()
            if client.status != "running":
                raise SchedulerLost
        futures = [future for future in futures if future.key in self.tasks]  # the others are of a lost cluster
        for future, answer in zip(futures, _answers(client, futures), strict=True):
            yield from self._settled(self.tasks.pop(future.key)[0], answer)

    def _settled(self, cases: list[Case], answer: Any) -> Iterator[CaseResult]:
        """Yield the results of one task; if its worker died, make its cases suspects.

        Raises Unverifiable if the workers of all cases die.
        """
        alone, self.alone = self.alone, None  # while a suspect runs, it is the only task
        if isinstance(answer, KilledWorker):
            for case in cases:
                deaths = self.suspects.get(case.number, (case, 0))[1] + answer.allowed_failures + 1
                self.suspects[case.number] = (case, deaths)
                if alone is not None and deaths >= DEATHS:
                    self.suspects.pop(case.number)
                    self.given_up += 1
                    if self.given_up >= HOPELESS and not self.succeeded:
                        text = f"each of the first {HOPELESS} cases ended its worker; the first is {case.command}"
                        raise Unverifiable(text)
                    text = f"its worker process died {deaths} times (killed, out of memory, or a crash in TensorFlow)"
                    yield failed_case(case, CRASHED, text)
        elif isinstance(answer, BaseException):
            text = f"a worker cannot run this project: {type(answer).__name__}: {answer}"
            raise answer if isinstance(answer, Unusable) else Unusable(text)
        else:
            self.succeeded += len(cases)
            if alone is not None:
                self.suspects.pop(alone)
            yield from answer


@contextmanager
def _connected() -> Iterator[None]:
    """Raise SchedulerLost in place of what Dask raises if the connection to the scheduler is lost."""
    try:
        yield
    except (CommClosedError, CancelledError, FutureCancelledError, OSError, TimeoutError) as error:
        raise SchedulerLost from error


def _answers(client: Any, futures: list[Any]) -> list[Any]:
    """Return the result of each future, or the exception it raised.  Raises SchedulerLost."""
    with suppress(Exception):  # raised by one of them; they are asked one by one below
        if all(future.status == "finished" for future in futures):
            return list(client.gather(futures)) if futures else []
    answers: list[Any] = []
    for future in futures:
        try:
            with _connected():
                answers.append(future.result())
        except SchedulerLost:
            raise
        except Exception as error:  # noqa: BLE001  # a worker may raise anything
            answers.append(error)
    return answers


def _compute(work: ComputeCase, cases: list[Case]) -> list[CaseResult]:
    """Compute cases in the worker; an error in a case is its result, only an unfit worker raises Unusable."""
    results = []
    for case in cases:
        try:
            results.append(work(case))
        except Unusable as error:
            raise Unusable(f"worker {get_worker().address}: {error}") from error
        except Exception as error:  # noqa: BLE001  # a worker may raise anything
            results.append(failed_case(case, UNVERIFIED, f"{type(error).__name__}: {error}"))
    return results
