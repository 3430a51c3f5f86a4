"""Work that stands in for a capture, so that what happens to workers can be tried in seconds; and a program for it.

python -m tests.support.sweep_stand_in OUT SCHEDULER|- SEEDS SECONDS [PATIENCE]
"""

import os
import signal
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from verify.cli.exit_status import guarded
from verify.sweep import cluster
from verify.sweep.case_result import AGREES, ROWS, CaseResult
from verify.sweep.execution import execute
from verify.sweep.plan import Plan, StoredPlan

PLACES = tuple(range(10))


def plan(seeds, **other):
    return Plan(first_seed=0, end_seed=seeds, digits=("0",), places=(0,), **other)


def finding(number, **other):
    """One row whose figures are a function of the case's number."""
    rows = {**ROWS, "step": 1, "order": 1, "tensor": "Z1", "equation": "6", "verdict": "within", "elements": 128}
    rows |= {"utilisation": (number * 37 % 101) / 101, "max_ulp": float(number % 7)}
    status = other.pop("status", AGREES)
    rows |= {name: other.pop(name) for name in list(other) if name in ROWS}
    return CaseResult(number, status, images=1, rows={name: [value] for name, value in rows.items()}, **other)


@dataclass(frozen=True)
class StandIn:
    """`deadly`: cases that kill their worker each time; every case takes `seconds` and leaves a mark in `folder`."""

    seconds: float = 0.0
    deadly: tuple = ()
    folder: str = ""
    raises: dict = field(default_factory=dict)

    def __call__(self, case):
        if self.folder:
            with open(Path(self.folder) / f"{case.number}", "a") as file:
                file.write(f"{os.getpid()}\n")
        if case.number in self.deadly:
            time.sleep(1)  # Dask gives up a worker that dies as it starts
            os.kill(os.getpid(), signal.SIGKILL)
        if case.number in self.raises:
            raise self.raises[case.number]
        time.sleep(self.seconds)
        return finding(case.number)


def begun(seeds):
    return StoredPlan(plan(seeds), {"images": "none"})


def main(argv=None):
    out, scheduler, seeds, seconds, *patience = argv or sys.argv[1:]
    connect = partial(cluster.local, 2) if scheduler == "-" else partial(cluster.existing, scheduler)
    execute(Path(out), begun(int(seeds)), connect, StandIn(float(seconds)), float(patience[0] if patience else 60))
    print("finished")
    return 0


if __name__ == "__main__":
    sys.exit(guarded(main))
