"""Carry out a sweep: run the cases that the folder lacks on a cluster, and write their results into the folder."""

from contextlib import closing, suppress
from pathlib import Path

from reports import terminal
from verify.errors import Unusable, Unverifiable
from verify.runtime.signals import stop_signals
from verify.sweep.cluster import Connect
from verify.sweep.parquet_store import Store
from verify.sweep.plan import StoredPlan
from verify.sweep.scheduling import PATIENCE, ComputeCase, Runner


class SweepStopped(KeyboardInterrupt):
    """Ctrl-C; the message says how many cases are kept and how to go on."""


def execute(out: Path, sweep: StoredPlan, connect: Connect, work: ComputeCase, patience: float = PATIENCE) -> None:
    """Run the missing cases of a sweep and write their results into the folder `out`.

    `connect` returns a client of the cluster and `work` computes a case. `patience` is the time in seconds for a lost
    scheduler to come back.  Raises SweepStopped (Ctrl-C), Unusable (folder or cluster) or Unverifiable (cluster lost).
    """
    with closing(Store(out, sweep)) as store:
        try:
            _run_missing(store, connect, work, patience)
        except BaseException as error:
            with suppress(Unusable):  # if writing fails too, the first error is reported
                store.flush()
            kept = f"{len(store.done):,} of {len(sweep.plan):,} cases are kept; go on with --resume --out {out}"
            if isinstance(error, KeyboardInterrupt):
                raise SweepStopped(f"stopped: {kept}") from None
            if isinstance(error, Unverifiable):
                raise Unverifiable(f"{error}; {kept}") from error
            raise


def _run_missing(store: Store, connect: Connect, work: ComputeCase, patience: float) -> None:
    """Run the missing cases and add their results to the store."""
    plan = store.plan
    with stop_signals() as signals, terminal.paced("Sweeping", "cases") as advance:

        def idle() -> None:
            store.tick()
            if signals:  # the signal handler does not raise, since Dask's code might catch what it raises
                raise KeyboardInterrupt

        missing = (case for case in plan.cases() if case.number not in store.done)
        advance(len(store.done), len(plan), "")
        with closing(Runner(connect, work, patience, idle).results(missing)) as results:
            for result in results:
                store.add(result)
                advance(len(store.done), len(plan), "")
                idle()
        store.flush()
