"""python -m verify.sweep: verify thousands of cases, on this machine's cores or on a Dask cluster."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.table import Table
from verify.cli.console import tell
from verify.cli.exit_status import guarded
from verify.cli.long_runs import sweep_parser
from verify.cli.output import Output
from verify.errors import Unusable
from verify.inputs import samples
from verify.results.files import check_writable, write
from verify.sweep import provenance as origin
from verify.sweep.plan import Plan

if TYPE_CHECKING:
    from verify.sweep.summary import Summary

ABOUT = (
    "Capture and verify many training steps: seeds x digits x batch sizes x precisions, with and without XLA.\n"
    "Writes the rows of every case into cases/ (Parquet), and summary.csv."
)
OUT = "out/sweep"
NEEDED = ("distributed", "pyarrow")
OPTIONS = {"first_seed": "seeds", "end_seed": "seeds", "batches": "batch", "dtypes": "dtype", "jits": "jit"}
JITS = {"off": (False,), "on": (True,), "both": (False, True)}


@dataclass(frozen=True, kw_only=True)
class SweepOptions(Output):
    """The options of the command.

    `chosen` has the fields of a plan that the options name; the others come from the folder if --resume is given.
    """

    chosen: Mapping[str, Any]
    workers: int | None
    scheduler: str | None
    resume: bool


def _read(argv: Sequence[str] | None) -> SweepOptions:
    """Return the options that these arguments name."""
    parsed = sweep_parser(ABOUT, OUT).parse_args(argv)
    chosen: dict[str, Any] = {f.name: getattr(parsed, f.name, None) for f in fields(Plan)}
    if parsed.seeds:
        chosen["first_seed"], chosen["end_seed"] = parsed.seeds
    chosen |= {"batches": parsed.batch, "dtypes": parsed.dtype, "jits": JITS[parsed.jit] if parsed.jit else None}
    return SweepOptions(
        Path(parsed.out),
        parsed.quiet,
        parsed.verbose,
        workers=parsed.workers,
        scheduler=parsed.scheduler,
        resume=parsed.resume,
        chosen={name: value for name, value in chosen.items() if value is not None},
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 every case agrees, 1 a case disagrees, 3 one was not verified.

    Raises Unusable (status 2).
    """
    options = _read(argv)
    lacking = [name for name in NEEDED if find_spec(name) is None]
    if lacking:
        raise Unusable(f"verify.sweep: {lacking[0]} is not installed; install it with: pip install 'byhand[sweep]'")
    summary, table = one(options)
    tell(summary.headline, summary.passed, options, (table,), ("report.md", "summary.csv", "cases/"))
    return summary.status


def one(options: SweepOptions) -> tuple[Summary, Table]:
    """Run the cases that are missing, write the report, and return the summary and its table of kinds.

    Raises Unusable or Unverifiable, or SweepStopped after Ctrl-C.
    """
    from verify.sweep import cluster, parquet_store, report
    from verify.sweep.aggregation import summarise
    from verify.sweep.execution import Execution
    from verify.sweep.worker import Work

    check_writable(options.out, "--out")
    if options.scheduler and options.workers:
        raise Unusable("--workers: a cluster that is there (--scheduler) has the workers it has")
    sweep = _sweep(options, parquet_store.begun(options.out))
    connect = cluster.connecting(options.scheduler, options.workers or cluster.cores(), options.verbose)
    Execution(options.out, sweep, connect, Work(origin.here(), sweep.origin["images"])).run()
    summary = summarise(options.out, sweep)
    write(options.out, report.files(summary))
    return summary, report.kinds(summary)


def _sweep(options: SweepOptions, begun: Any) -> Any:
    """Return the sweep that the options ask for.

    With --resume the options may repeat what the sweep was begun with.  Raises Unusable if they differ from it, or if
    versions or images do.
    """
    from verify.sweep.parquet_store import StoredPlan

    if begun is not None and not options.resume:
        raise Unusable(
            f"--out {options.out}: it holds a sweep already; go on with it (--resume), or name another --out"
        )
    if begun is None and options.resume:
        raise Unusable(f"--resume: there is no sweep in --out {options.out}")
    plan = begun.plan if begun else replace(Plan(), digits=())
    for name, value in options.chosen.items() if begun else ():
        if value != getattr(plan, name) and name != "data" and value != ():  # the images are compared below
            option = OPTIONS.get(name, name)
            raise Unusable(
                f"--{option}: the sweep in --out {options.out} was begun with another; leave it away to resume"
            )
    plan = replace(plan, **options.chosen)
    drawn = samples.load(plan.data, plan.split)
    plan = replace(plan, digits=plan.digits or _all(drawn))
    plan = replace(plan, places=tuple(_first(drawn, digit, max(plan.batches)) for digit in plan.digits))
    sweep = StoredPlan(plan, {**origin.here(), "images": drawn.digest()})
    wrong = origin.difference(begun.origin, sweep.origin) if begun else ""
    if wrong:
        raise Unusable(f"--resume: the sweep in --out {options.out} was begun under other conditions: {wrong}")
    return sweep


def _all(drawn: samples.Samples) -> tuple[str, ...]:
    """Return the names of the classes that have a sample."""
    return tuple(name for place, name in enumerate(drawn.classes) if (drawn.labels == place).any())


def _first(drawn: samples.Samples, digit: str, batch: int) -> int:
    """Return the index of a digit's first sample.  Raises Unusable, naming --digits, if there is none."""
    try:
        return samples.choose(drawn, digit, None, batch)
    except Unusable as error:
        raise Unusable(str(error).replace("--digit ", "--digits ", 1)) from error


if __name__ == "__main__":
    sys.exit(guarded(main))
