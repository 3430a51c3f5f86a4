"""python -m verify.sweep: verify thousands of cases, on this machine's cores or on a Dask cluster."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from verify.cli.console import Output, tell
from verify.cli.exit_status import guarded
from verify.cli.long_runs import sweep_parser
from verify.errors import Unusable
from verify.inputs import samples
from verify.results.files import check_writable, write
from verify.sweep import provenance
from verify.sweep.plan import ANY, Plan, StoredPlan, stored_plan

ABOUT = (
    "Capture and verify many training steps: seeds x digits x batch sizes x precisions, with and without XLA.\n"
    "Writes the rows of every case into cases/ (Parquet), and summary.csv."
)
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
    parsed = sweep_parser(ABOUT, "out/sweep").parse_args(argv)
    plan = {field.name: getattr(parsed, OPTIONS.get(field.name, field.name), None) for field in fields(Plan)}
    plan["first_seed"], plan["end_seed"] = parsed.seeds or (None, None)
    plan["jits"] = JITS.get(parsed.jit)
    chosen = {name: value for name, value in plan.items() if value is not None}
    others = {name: getattr(parsed, name) for name in ("quiet", "verbose", "workers", "scheduler", "resume")}
    return SweepOptions(Path(parsed.out), chosen=chosen, **others)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the missing cases, write the report, and return the exit status.

    It is 0 if every case agrees, 1 if a case disagrees, 3 if none disagrees but one was not verified.  Raises Unusable
    (status 2) or Unverifiable (status 3), or SweepStopped after Ctrl-C.
    """
    options = _read(argv)
    for name in ("distributed", "pyarrow"):
        if find_spec(name) is None:
            raise Unusable(f"verify.sweep: {name} is not installed; install it with: pip install 'byhand[sweep]'")
    from verify.sweep import cluster, report
    from verify.sweep.aggregation import summarise
    from verify.sweep.execution import execute
    from verify.sweep.worker import Work

    check_writable(options.out, "--out")
    if options.scheduler and options.workers:
        raise Unusable("--workers: a cluster that exists (--scheduler) has its own workers")
    sweep = _sweep(options, stored_plan(options.out))
    connect = cluster.connecting(options.scheduler, options.workers, options.verbose)
    execute(options.out, sweep, connect, Work(provenance.versions(), sweep.origin["images"]))
    summary = summarise(options.out, sweep)
    write(options.out, report.files(summary))
    names = ("report.md", "summary.csv", "cases/")
    tell(summary.headline, summary.passed, options, (report.kinds(summary),), names)
    return summary.status


def _sweep(options: SweepOptions, stored: StoredPlan | None) -> StoredPlan:
    """Return the sweep that the options ask for; `stored` is the one in the folder.

    With --resume the options may repeat those of the stored sweep.  Raises Unusable if they differ from them, or if
    versions or images do.
    """
    where = f"sweep in --out {options.out}"
    if stored and not options.resume:
        resume = "go on with it (--resume), or name another --out"
        raise Unusable(f"--out {options.out}: it holds a sweep already; {resume}")
    if options.resume and not stored:
        raise Unusable(f"--resume: there is no {where}")
    plan = stored.plan if stored else replace(Plan(), digits=())
    for name, value in options.chosen.items() if stored else ():
        if value not in (getattr(plan, name), ()) and name != "data":  # the images are compared below
            option = OPTIONS.get(name, name)
            raise Unusable(f"--{option}: the {where} was begun with another value; leave the option out to resume")
    plan = replace(plan, **options.chosen)
    images = samples.load(plan.data, plan.split)
    if plan.model and not plan.digits:
        plan = replace(plan, digits=(ANY,))
    classes = (name for place, name in enumerate(images.classes) if (images.labels == place).any())
    digits = plan.digits or tuple(classes)
    try:
        batch = max(plan.batches)
        places = tuple(0 if d == ANY else samples.choose(images, d, None, batch) for d in digits)
    except Unusable as error:
        raise Unusable(str(error).replace("--digit ", "--digits ", 1)) from error
    plan = replace(plan, digits=digits, places=places)
    sweep = StoredPlan(plan, {**provenance.versions(), "images": images.digest()})
    if stored and (changed := provenance.first_difference(stored.origin, sweep.origin)):
        raise Unusable(f"--resume: the {where} was begun under other conditions: {changed}")
    return sweep


if __name__ == "__main__":
    sys.exit(guarded(main))
