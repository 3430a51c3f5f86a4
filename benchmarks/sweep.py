"""Measure what a sweep costs: cases a second, two workers beside one, memory, bytes, and the scheduler's own time.

python -m benchmarks.sweep throughput        one worker and two alternately, on a warm cluster
python -m benchmarks.sweep memory --cases 10000
python -m benchmarks.sweep overhead          cases without work
python -m benchmarks.sweep profile           where the time of one case goes, in this process
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.record import Cell, Column, Measurement, finish, parser, spread
from verify.inputs import samples
from verify.sweep import cluster
from verify.sweep import parquet_store as store
from verify.sweep import provenance as origin
from verify.sweep import worker as work
from verify.sweep.case_result import AGREES, ROWS, CaseResult
from verify.sweep.plan import Case, Plan, StoredPlan
from verify.sweep.scheduling import Runner
from verify.sweep.worker import Work

DRAWN = samples.load("digits", "train")
ESSAY_SIZE = Plan(places=tuple(samples.choose(DRAWN, d, None, 1) for d in "0123456789"))
WARM = 60  # cases a worker that are not timed
PACKAGES = ("tensorflow", "keras", "numpy", "dask", "pyarrow")
CASE = "A case is one step of the essay's network with one example, captured twice and trained once."
THROUGHPUT = Measurement(
    "sweep_throughput",
    "Throughput of a sweep",
    f"Cases a second with one worker and with two, alternately. {CASE}",
    (Column("what"), Column("measured", format=".2f"), Column("unit"), Column("goal")),
    PACKAGES,
)
MEMORY = Measurement(
    "sweep_memory",
    "Memory and bytes of a sweep",
    f"Resident memory of one worker after a number of cases, and the bytes of their rows on the disk. {CASE}",
    (Column("cases"), Column("memory", "MiB", ".1f"), Column("bytes a case", format=".0f")),
    PACKAGES,
)
OVERHEAD = Measurement(
    "sweep_overhead",
    "Overhead of a sweep",
    "Time of a case that does no work: the cluster alone, and with the rows of a real case written to the disk.",
    (Column("workers"), Column("what"), Column("time a case", "ms", ".2f"), Column("goal", "ms")),
    PACKAGES,
)
PROFILE = Measurement(
    "sweep_profile",
    "Parts of a case of a sweep",
    f"Processor time of each part of a case, median of many, in one thread. {CASE}",
    (Column("part"), Column("processor time", "ms", ".1f")),
    PACKAGES,
)


def nothing(case: Case) -> CaseResult:
    """Return the result of a case without work whose rows are as long as those of a real one."""
    filled = {**ROWS, "tensor": "dW1", "equation": "22e", "verdict": "within", "utilisation": 0.5, "max_ulp": 0.5}
    return CaseResult(case.number, AGREES, rows={name: [value] * 54 for name, value in filled.items()})


def real() -> Work:
    """Return the work of a real case."""
    return Work(origin.versions(), DRAWN.digest())


def cases(count: int, first: int = 0) -> Iterator[Case]:
    """Yield this number of cases."""
    plan = replace(ESSAY_SIZE, first_seed=0, end_seed=1 + (first + count) // 10)
    yield from (plan.case(number) for number in range(first, first + count))


def through(client: Any, what: Callable[[Case], CaseResult], some: Iterator[Case]) -> float:
    """Return the seconds for these cases on a cluster that runs.  Raises SystemExit if one does not agree."""
    begin = time.perf_counter()
    for found in Runner(lambda: nullcontext(client), what).results(some):
        if found.status != AGREES:
            raise SystemExit(f"case {found.number}: {found.status}: {found.remark}")
    return time.perf_counter() - begin


def throughput(given: argparse.Namespace) -> None:
    """Measure one worker and two, alternating, so that both see the same machine."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    with cluster.local(1) as one, cluster.local(2) as two:
        for client, workers in ((one, 1), (two, 2)):
            through(client, real(), cases(WARM * workers))
        for _ in range(given.rounds):
            for client, workers in ((one, 1), (two, 2)):
                rates[workers].append(given.cases / through(client, real(), cases(given.cases, 1000)))
    ratios = [b / a for a, b in zip(rates[1], rates[2], strict=True)]
    rows: list[list[Cell]] = [
        ["one worker", spread(rates[1]), "cases a second", 20],
        ["two workers", spread(rates[2]), "cases a second", None],
        ["two workers over one", spread(ratios), "ratio", 1.7],
    ]
    finish(THROUGHPUT, rows, given.record)


def memory(given: argparse.Namespace) -> None:
    """Measure the resident memory of one worker while it does case after case, and the bytes of their rows."""
    with tempfile.TemporaryDirectory() as folder, cluster.local(1) as client:
        plan = replace(ESSAY_SIZE, end_seed=given.cases // 10)
        kept = store.Store(Path(folder), StoredPlan(plan, {}))
        rows: list[list[Cell]] = []
        for found in Runner(lambda: nullcontext(client), real()).results(islice(plan.cases(), given.cases)):
            kept.add(found)
            if len(kept.done) % max(given.cases // 10, 1) == 0 or len(kept.done) == 100:
                rows.append([len(kept.done), next(iter(client.run(_resident).values())), None])
        kept.flush()
        rows[-1][-1] = sum(path.stat().st_size for path in store.parts(Path(folder) / "cases")) / given.cases
    finish(MEMORY, rows, given.record)


def _resident() -> float:
    """Return the resident memory of this process in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def overhead(given: argparse.Namespace) -> None:
    """Measure the cluster alone, and with the rows of a real case written to the disk."""
    rows: list[list[Cell]] = []
    for workers in (1, 2):
        with cluster.local(workers) as client:
            through(client, nothing, cases(200))
            plain = [through(client, nothing, cases(given.cases)) / given.cases for _ in range(given.rounds)]
            written = [_written(client, given.cases) / given.cases for _ in range(given.rounds)]
        for name, seconds in (("cluster alone", plain), ("with the rows written", written)):
            rows.append([workers, name, spread([1000 * x for x in seconds]), 5])
    finish(OVERHEAD, rows, given.record)


def _written(client: Any, count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        plan = replace(ESSAY_SIZE, end_seed=-(-count // 10))
        kept = store.Store(Path(folder), StoredPlan(plan, {}))
        begin = time.perf_counter()
        for found in Runner(lambda: nullcontext(client), nothing).results(islice(plan.cases(), count)):
            kept.add(found)
        kept.flush()
        return time.perf_counter() - begin


def profile(given: argparse.Namespace) -> None:
    """Measure the processor time of each part of a case."""
    from threadpoolctl import threadpool_limits

    from verify.compare.walk import compare

    with threadpool_limits(1):
        bench = work._model_cache()
        from verify.capture.capture import batches_of, faithful
        from verify.capture.essay_model import restore
        from verify.capture.model_cache import first_state

        some = list(cases(given.cases))
        held = bench.capture(some[0].settings, DRAWN)
        reused = next(iter(bench.kept.values()))
        batches = batches_of(DRAWN, some[0].settings)
        parts: dict[str, Callable[[Case], Any]] = {
            "first weights from the seed": lambda c: first_state(reused.begin, c.settings, reused.network),
            "put into the model": lambda c: restore(reused.model, reused.begin),
            "captured twice and trained once": lambda c: faithful(
                reused.model, reused.understood, reused.step, batches, c.settings
            ),
            "compared": lambda c: compare(held, "backprop", modes=("local",)),
            "predictions by hand": lambda c: work.predictions(held),
            "checksum": lambda c: work.bits(held),
            "the whole case": partial(_whole, bench),
        }
        rows: list[list[Cell]] = []
        for name, part in parts.items():
            times = []
            for case in some:
                begin = time.process_time()
                part(case)
                times.append(1000 * (time.process_time() - begin))
            rows.append([name, float(np.median(times))])
    finish(PROFILE, rows, given.record)


def _whole(bench: Any, case: Case) -> CaseResult:
    return work.judge(case, bench.capture(case.settings, DRAWN))


WHAT = {"throughput": throughput, "memory": memory, "overhead": overhead, "profile": profile}
CASES = {"throughput": 300, "memory": 10_000, "overhead": 2_000, "profile": 60}


def main() -> None:
    """Measure what the options name and print its table."""
    options = parser(__doc__)
    options.add_argument("what", choices=tuple(WHAT))
    options.add_argument("--cases", type=int)
    options.add_argument("--rounds", type=int, default=5)
    given = options.parse_args()
    given.cases = given.cases or CASES[given.what]
    WHAT[given.what](given)


if __name__ == "__main__":
    main()
