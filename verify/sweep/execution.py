"""Carry out a sweep: run the cases that the folder lacks on a cluster, and write their results into the folder."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from reports import terminal
from verify.errors import Unusable, Unverifiable
from verify.runtime.signals import stop_signals
from verify.sweep.cluster import Connect, dashboard
from verify.sweep.parquet_store import Store, StoredPlan
from verify.sweep.scheduling import PATIENCE, Runner, Work


class SweepStopped(KeyboardInterrupt):
    """Ctrl-C; the message says how many cases are kept and how to go on."""


class Execution:
    """One sweep, from the cases that are in the folder to the last one.

    `connect` returns a client of the cluster and `work` computes a case. `patience` is the time in seconds for a lost
    scheduler to come back.
    """

    def __init__(self, out: Path, sweep: StoredPlan, connect: Connect, work: Work, patience: float = PATIENCE) -> None:
        self.out, self.plan = out, sweep.plan
        self.sweep, self.connect, self.work, self.patience = sweep, connect, work, patience
        self.remark = ""
        self.stopped: list[int] = []

    def run(self) -> None:
        """Carry out the sweep.

        Raises SweepStopped (Ctrl-C), Unusable (folder or cluster) or Unverifiable (cluster lost).
        """
        with closing(Store(self.out, self.sweep)) as store:
            try:
                with stop_signals() as self.stopped, terminal.paced("Sweeping", "cases") as advance:
                    self._through(store, advance)
            except KeyboardInterrupt:
                self._keep(store)
                raise SweepStopped(f"stopped: {self._kept(store)}") from None
            except Unverifiable as error:
                self._keep(store)
                raise Unverifiable(f"{error}; {self._kept(store)}") from error
            except BaseException:
                self._keep(store)
                raise

    def _keep(self, store: Store) -> None:
        """Write the results that wait, when the sweep ends early. If this fails too, the first error is reported."""
        with suppress(Unusable):
            store.flush()

    def _through(self, store: Store, advance: Callable[[int, int, str], None]) -> None:
        """Run the missing cases and add their results to the store."""
        total = len(self.plan)

        def idle() -> None:
            store.tick()
            self._look()

        if len(store.done) == total:
            return
        runner = Runner(self.connect, self.work, self.patience, self._wait, self._ready, idle)
        missing = (case for case in self.plan.cases() if case.number not in store.done)
        advance(len(store.done), total, self.remark)
        with closing(runner.findings(missing)) as findings:
            for finding in findings:
                store.add(finding)
                advance(len(store.done), total, self.remark)
                self._look()
        store.flush()

    def _look(self) -> None:
        """Raise KeyboardInterrupt if a signal came; the signal handler does not, since Dask's code might catch it."""
        if self.stopped:
            raise KeyboardInterrupt

    def _ready(self, client: Any) -> None:
        """Print the address of Dask's dashboard, if there is one."""
        self.remark = ""
        address = dashboard(client)
        if address:
            print(f"Dask's dashboard: {address}", file=sys.stderr, flush=True)

    def _wait(self, text: str) -> None:
        """Show this text beside the progress while the scheduler is away."""
        self.remark = text

    def _kept(self, store: Store) -> str:
        """Return how many cases are kept and how to go on, as a part of a message."""
        kept = f"{len(store.done):,} of {len(self.plan):,} cases are kept"
        return f"{kept}; go on with --resume --out {self.out}"
