"""A sweep from wherever it stands to its end: the cases that are not in the folder, through a cluster, into it."""

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
from verify.sweep.parquet_store import Begun, Store
from verify.sweep.scheduling import PATIENCE, Runner, Work


class Stopped(KeyboardInterrupt):
    """Ctrl-C: the message says what is kept."""


class Course:
    def __init__(self, out: Path, sweep: Begun, connect: Connect, work: Work, patience: float = PATIENCE) -> None:
        self.out, self.plan = out, sweep.plan
        self.sweep, self.connect, self.work, self.patience = sweep, connect, work, patience
        self.remark = ""
        self.stopped: list[int] = []

    def run(self) -> None:
        """Raises Stopped (Ctrl-C), Unusable (the folder, the cluster), Unverifiable (the cluster is lost)."""
        with closing(Store(self.out, self.sweep)) as store:
            try:
                with stop_signals() as self.stopped, terminal.paced("Sweeping", "cases") as advance:
                    self._through(store, advance)
            except KeyboardInterrupt:
                self._keep(store)
                raise Stopped(f"stopped: {self._kept(store)}") from None
            except Unverifiable as error:
                self._keep(store)
                raise Unverifiable(f"{error}; {self._kept(store)}") from error
            except BaseException:
                self._keep(store)
                raise

    def _keep(self, store: Store) -> None:
        """Whatever ends the sweep, what was found is kept; if it is the folder that ends it, that is said already."""
        with suppress(Unusable):
            store.flush()

    def _through(self, store: Store, advance: Callable[[int, int, str], None]) -> None:
        of = len(self.plan)

        def idle() -> None:
            store.tick()
            self._look()

        if len(store.done) == of:
            return
        runner = Runner(self.connect, self.work, self.patience, self._wait, self._ready, idle)
        left = (case for case in self.plan.cases() if case.number not in store.done)
        advance(len(store.done), of, self.remark)
        with closing(runner.findings(left)) as findings:
            for finding in findings:
                store.add(finding)
                advance(len(store.done), of, self.remark)
                self._look()
        store.flush()

    def _look(self) -> None:
        if self.stopped:  # not raised where the signal comes: Dask's own code might swallow it
            raise KeyboardInterrupt

    def _ready(self, client: Any) -> None:
        """Say where Dask shows what it does, if it does."""
        self.remark = ""
        where = dashboard(client)
        if where:
            print(f"Dask's dashboard: {where}", file=sys.stderr, flush=True)

    def _wait(self, text: str) -> None:
        self.remark = text

    def _kept(self, store: Store) -> str:
        kept = f"{len(store.done):,} of {len(self.plan):,} cases are kept"
        return f"{kept}; go on with --resume --out {self.out}"
