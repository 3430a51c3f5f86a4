"""python -m verify.sweep: thousands of verified runs, on this machine's cores or on a Dask cluster."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.table import Table
from verify import options, run, samples
from verify.errors import Unusable
from verify.sweep import origin
from verify.sweep.plan import Plan

if TYPE_CHECKING:
    from verify.sweep.summary import Summary

ABOUT = (
    "Capture and verify many training steps: seeds x digits x batch sizes x precisions, with and without XLA.\n"
    "Writes the rows of every case into cases/ (Parquet), and summary.csv."
)
OUT = "out/sweep"
NEEDED = ("distributed", "pyarrow")
OPTIONS = {"first_seed": "seeds", "end_seed": "seeds", "digits": "digits", "batches": "batch", "dtypes": "dtype",
           "jits": "jit"}  # fmt: skip
JITS = {"off": (False,), "on": (True,), "both": (False, True)}


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 every case agrees, 1 one does not, 3 one could not be verified; raises Unusable (2)."""
    given = options.sweep_parser(ABOUT, OUT).parse_args(argv)
    lacking = [name for name in NEEDED if find_spec(name) is None]
    if lacking:
        raise Unusable(f"verify.sweep: {lacking[0]} is not installed; install it with: pip install 'byhand[sweep]'")
    summary, table = one(given)
    where = "" if given.quiet else f"Reports: {Path(given.out) / 'report.html'}, report.md, summary.csv, cases/"
    run.say_all(summary.headline, summary.passed, () if given.quiet else (table,), where)
    return summary.status


def one(given: argparse.Namespace) -> tuple[Summary, Table]:
    """Carry out what is left of the sweep and write its files.  Raises Unusable or Unverifiable, or is stopped."""
    from verify.sweep import cluster, report, store
    from verify.sweep.course import Course
    from verify.sweep.summary import summarise
    from verify.sweep.work import Work

    out = Path(given.out)
    run.check_writable(out, "--out")
    if given.scheduler and given.workers:
        raise Unusable("--workers: a cluster that is there (--scheduler) has the workers it has")
    sweep = _sweep(given, store.begun(out), out)
    connect = cluster.connecting(given.scheduler, given.workers or cluster.cores(), given.verbose)
    digest = sweep.origin["images"]
    Course(out, sweep, connect, Work(origin.here(), digest)).run()
    summary = summarise(out, sweep)
    run.write_all(out, report.files(summary), "--out")
    return summary, report.kinds(summary)


def _sweep(given: argparse.Namespace, begun: Any, out: Path) -> Any:
    """What is asked for; beside --resume the options may repeat what the sweep was begun with, nothing else."""
    from verify.sweep.store import Begun

    if begun is not None and not given.resume:
        raise Unusable(f"--out {out}: it holds a sweep already; go on with it (--resume), or name another --out")
    if begun is None and given.resume:
        raise Unusable(f"--resume: there is no sweep in --out {out}")
    asked = _asked(given)
    plan = begun.plan if begun else replace(Plan(), digits=())
    for name, value in asked.items() if begun else ():
        if value != getattr(plan, name) and name != "data" and value != ():  # the images themselves are compared
            option = OPTIONS.get(name, name)
            raise Unusable(f"--{option}: the sweep in --out {out} was begun with another; leave it away to resume")
    plan = replace(plan, **asked)
    drawn = samples.load(plan.data, plan.split)
    plan = replace(plan, digits=plan.digits or _all(drawn))
    plan = replace(plan, places=tuple(_first(drawn, digit, max(plan.batches)) for digit in plan.digits))
    made = Begun(plan, {**origin.here(), "images": drawn.digest()})
    wrong = origin.difference(begun.origin, made.origin) if begun else ""
    if wrong:
        raise Unusable(f"--resume: the sweep in --out {out} was begun under other conditions: {wrong}")
    return made


def _all(drawn: samples.Samples) -> tuple[str, ...]:
    """The classes of which there is a sample."""
    return tuple(name for place, name in enumerate(drawn.classes) if (drawn.labels == place).any())


def _first(drawn: samples.Samples, digit: str, batch: int) -> int:
    try:
        return samples.choose(drawn, digit, None, batch)
    except Unusable as error:
        raise Unusable(str(error).replace("--digit ", "--digits ", 1)) from error


def _asked(given: argparse.Namespace) -> dict[str, Any]:
    """The fields of a plan that the options name."""
    found: dict[str, Any] = {f.name: getattr(given, f.name, None) for f in fields(Plan)}
    if given.seeds:
        found["first_seed"], found["end_seed"] = given.seeds
    found |= {"batches": given.batch, "dtypes": given.dtype, "jits": JITS[given.jit] if given.jit else None}
    return {name: value for name, value in found.items() if value is not None}


if __name__ == "__main__":
    sys.exit(run.guarded(main))
