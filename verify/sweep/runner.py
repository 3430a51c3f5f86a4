"""Run cases on a cluster: every one gives exactly one finding, whatever happens to workers and scheduler.

A few cases more than there are threads are with the cluster at any time; all else is here. What was with a cluster
that is gone is done again. A case whose worker died may have killed it or stood beside the one that did: it waits
until the others are done and then runs alone, so that none is blamed for another.
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
from verify.sweep.cluster import Connect
from verify.sweep.finding import CRASHED, UNVERIFIED, Finding, failed
from verify.sweep.plan import Case

Work = Callable[[Case], Finding]
AHEAD = 4  # cases a thread: one it computes, the others on their way
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
        self.out: dict[int, tuple[Case, Any]] = {}
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
            case = self.again.popleft() if self.again else next(self.cases, None)
            if case is None:
                break
            self._submit(client, case)
        if not self.out and self.suspects:
            self.alone = min(self.suspects)
            self._submit(client, self.suspects[self.alone][0])

    def _suspects_turn(self) -> bool:
        """Before others: while no case at all has come through, and many workers have died."""
        return len(self.suspects) > 2 * HOPELESS and not self.lived

    def _submit(self, client: Any, case: Case) -> None:
        self.sent += 1
        try:
            future = client.submit(_at_worker, self.work, case, key=f"byhand-{id(self):x}-{case.number}-{self.sent}")
        except GONE as error:
            self.again.append(case)
            raise Lost from error
        self.out[case.number] = (case, future)
        future.add_done_callback(lambda done, number=case.number: self.finished.put((number, done)))

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
        done = [(number, future) for number, future in done if number in self.out and self.out[number][1] is future]
        for (number, _), answer in zip(done, _answers(client, [future for _, future in done]), strict=True):
            yield from self._settled(number, answer)

    def _settled(self, number: int, answer: Any) -> Iterator[Finding]:
        """A finding, or what to do about a case that has none."""
        case, _ = self.out.pop(number)
        was_alone, self.alone = self.alone == number, None if self.alone == number else self.alone
        if isinstance(answer, KilledWorker):
            deaths = self.suspects.get(number, (case, 0))[1] + answer.allowed_failures + 1
            self.suspects[number] = (case, deaths)
            if was_alone and deaths >= DEATHS:
                yield self._gave_up(case, deaths)
        elif isinstance(answer, Unusable):
            raise answer
        elif isinstance(answer, BaseException):
            raise Unusable(f"a worker cannot run this project: {type(answer).__name__}: {answer}")
        else:
            self.suspects.pop(number, None)
            self.lived += 1
            yield answer

    def _gave_up(self, case: Case, deaths: int) -> Finding:
        self.suspects.pop(case.number)
        self.given_up += 1
        if self.given_up >= HOPELESS and not self.lived:
            raise Unverifiable(f"each of the first {HOPELESS} cases ended its worker; the first is {case.command}")
        why = "killed, out of memory, or a crash in TensorFlow"
        return failed(case, CRASHED, f"its worker process died {deaths} times ({why})")

    def _take_back(self) -> None:
        """What was with a cluster that is gone."""
        for number, (case, _) in sorted(self.out.items()):
            if number not in self.suspects:
                self.again.append(case)
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


def _at_worker(work: Work, case: Case) -> Finding:
    """What the worker runs. Trouble in a case is its finding; only a worker that may not take part raises."""
    try:
        return work(case)
    except Unusable as error:
        raise Unusable(f"worker {get_worker().address}: {error}") from error
    except Exception as error:
        return failed(case, UNVERIFIED, f"{type(error).__name__}: {error}")
