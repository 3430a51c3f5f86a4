"""What a sweep costs: cases a second, two workers against one, memory, bytes, and the scheduler's own time.

python -m benchmarks.sweep throughput        one worker and two, in turn, on a warm cluster
python -m benchmarks.sweep memory --cases 10000
python -m benchmarks.sweep overhead          cases of no work at all
python -m benchmarks.sweep profile           where the time of one case goes, in this process
"""

from __future__ import annotations

import argparse
import statistics
import sys
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

from verify.inputs import samples
from verify.sweep import cluster
from verify.sweep import parquet_store as store
from verify.sweep import provenance as origin
from verify.sweep import worker as work
from verify.sweep.case_result import AGREES, ROWS, CaseResult
from verify.sweep.plan import Case, Plan
from verify.sweep.scheduling import Runner
from verify.sweep.worker import Work

DRAWN = samples.load("digits", "train")
ESSAY_SIZE = Plan(places=tuple(samples.choose(DRAWN, d, None, 1) for d in "0123456789"))
WARM = 60  # cases a worker that are not timed


def nothing(case: Case) -> CaseResult:
    """A case of no work whose rows are as long as those of a real one."""
    filled = {**ROWS, "tensor": "dW1", "equation": "22e", "verdict": "within", "utilisation": 0.5, "max_ulp": 0.5}
    return CaseResult(case.number, AGREES, rows={name: [value] * 54 for name, value in filled.items()})


def real() -> Work:
    return Work(origin.here(), DRAWN.digest())


def cases(count: int, first: int = 0) -> Iterator[Case]:
    plan = replace(ESSAY_SIZE, first_seed=0, end_seed=1 + (first + count) // 10)
    return (plan.case(number) for number in range(first, first + count))


def through(client: Any, what: Callable[[Case], CaseResult], some: Iterator[Case]) -> float:
    """Seconds for these cases on a cluster that is there; they must all agree."""
    begin = time.perf_counter()
    for found in Runner(lambda: nullcontext(client), what).findings(some):
        if found.status != AGREES:
            raise SystemExit(f"case {found.number}: {found.status}: {found.remark}")
    return time.perf_counter() - begin


def throughput(given: argparse.Namespace) -> None:
    """One worker and two, alternating, so that both see the same machine."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    with cluster.local(1) as one, cluster.local(2) as two:
        for client, workers in ((one, 1), (two, 2)):
            through(client, real(), cases(WARM * workers))
        for _ in range(given.rounds):
            for client, workers in ((one, 1), (two, 2)):
                rates[workers].append(given.cases / through(client, real(), cases(given.cases, 1000)))
    ratios = [b / a for a, b in zip(rates[1], rates[2], strict=True)]
    for workers, found in rates.items():
        print(f"{workers} worker(s): {statistics.median(found):.1f} cases a second ({_range(found)})")
    print(f"two over one: x{statistics.median(ratios):.2f} ({_range(ratios)}); goal 1.7")
    print(f"a second and worker, one worker: {statistics.median(rates[1]):.1f}; goal 20")


def _range(values: list[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def memory(given: argparse.Namespace) -> None:
    """One worker's resident memory while it does case after case; and the bytes of their rows."""
    with tempfile.TemporaryDirectory() as folder, cluster.local(1) as client:
        plan = replace(ESSAY_SIZE, end_seed=given.cases // 10)
        kept = store.Store(Path(folder), store.StoredPlan(plan, {}))
        begin, seen = time.perf_counter(), []
        for found in Runner(lambda: nullcontext(client), real()).findings(islice(plan.cases(), given.cases)):
            kept.add(found)
            if len(kept.done) % max(given.cases // 10, 1) == 0 or len(kept.done) == 100:
                seen.append((len(kept.done), next(iter(client.run(_resident).values()))))
                print(f"after {seen[-1][0]:>7,} cases: {seen[-1][1]:7.1f} MiB", flush=True)
        kept.flush()
        seconds = time.perf_counter() - begin
        size = sum(path.stat().st_size for path in store.parts(Path(folder) / "cases"))
        files = len(store.parts(Path(folder) / "cases"))
    print(f"{given.cases:,} cases in {seconds:.0f} s, {size / given.cases:,.0f} bytes a case in {files} files")


def _resident() -> float:
    """Of this process, in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def overhead(given: argparse.Namespace) -> None:
    """The cluster alone, and with the rows of a real case written to the disc."""
    for workers in (1, 2):
        with cluster.local(workers) as client:
            through(client, nothing, cases(200))
            plain = [through(client, nothing, cases(given.cases)) / given.cases for _ in range(given.rounds)]
            written = [_written(client, given.cases) / given.cases for _ in range(given.rounds)]
        for name, found in (("cluster alone", plain), ("with the rows written", written)):
            milliseconds = [1000 * x for x in found]
            text = f"{statistics.median(milliseconds):.2f} ms a case ({_range(milliseconds)})"
            print(f"{workers} worker(s), {name}: {text}; goal 5")


def _written(client: Any, count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        plan = replace(ESSAY_SIZE, end_seed=-(-count // 10))
        kept = store.Store(Path(folder), store.StoredPlan(plan, {}))
        begin = time.perf_counter()
        for found in Runner(lambda: nullcontext(client), nothing).findings(islice(plan.cases(), count)):
            kept.add(found)
        kept.flush()
        return time.perf_counter() - begin


def profile(given: argparse.Namespace) -> None:
    """Milliseconds of processor time of each part of a case, median of many."""
    from threadpoolctl import threadpool_limits

    from verify.compare.walk import compare

    with threadpool_limits(1):
        bench = work._bench()
        from verify.capture.capture import faithful
        from verify.capture.essay_model import restore
        from verify.capture.model_cache import first_state

        some = list(cases(given.cases))
        held = bench.capture(some[0].settings, DRAWN)
        reused = next(iter(bench.kept.values()))
        batches = [DRAWN.batch(some[0].settings, 1)]
        parts: dict[str, Callable[[Case], Any]] = {
            "first weights from the seed": lambda c: first_state(reused.begin, c.settings, reused.network),
            "put into the model": lambda c: restore(reused.model, reused.begin),
            "captured twice and trained once": lambda c: faithful(reused.model, reused.step, batches, c.settings),
            "compared": lambda c: compare(held, "backprop", modes=("local",)),
            "predictions by hand": lambda c: work.predictions(held),
            "checksum": lambda c: work.bits(held),
            "the whole case": partial(_whole, bench),
        }
        for name, part in parts.items():
            times = []
            for case in some:
                begin = time.process_time()
                part(case)
                times.append(1000 * (time.process_time() - begin))
            print(f"{name:32} {np.median(times):6.2f} ms")


def _whole(bench: Any, case: Case) -> CaseResult:
    return work.judged(case, bench.capture(case.settings, DRAWN))


WHAT = {"throughput": throughput, "memory": memory, "overhead": overhead, "profile": profile}
CASES = {"throughput": 300, "memory": 10_000, "overhead": 2_000, "profile": 60}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=tuple(WHAT))
    parser.add_argument("--cases", type=int)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    given.cases = given.cases or CASES[given.what]
    WHAT[given.what](given)
    return 0


if __name__ == "__main__":
    sys.exit(main())
