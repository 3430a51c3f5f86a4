"""Compute the summary of a finished sweep from the rows in its folder."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from verify.compare.tensor import PASSING
from verify.errors import Unusable
from verify.sweep import parquet_store as store
from verify.sweep.case_result import AGREES, DISAGREES, STATUSES
from verify.sweep.plan import Kind, Plan, StoredPlan
from verify.sweep.summary import NEAR, Cause, Group, Spread, Summary, Worst

WORST = 10  # cases in the list of the worst
FIGURES = ["status", "near", "utilisation", "max_ulp", "step", "tensor", "failure"]  # of a case, in the order of Worst
ROWS_AT_ONCE = 200_000  # because all rows may not fit into memory


def summarise(folder: Path, sweep: StoredPlan) -> Summary:
    """Return the summary of all rows.  Raises Unusable if a case is missing or duplicated, or a file is damaged."""
    plan = sweep.plan
    groups: dict[Kind, Group] = {kind: Group() for kind in plan.kinds}
    total, worst = Group(), pd.DataFrame()
    numbers: set[int] = set()
    by_cause: dict[tuple[str, str], list[int]] = defaultdict(list)  # by status and text: numbers of the cases
    for kind, group in groups.items():
        for rows in _blocks(folder, kind, plan, numbers):
            cases = _cases(rows)
            group.add(_group(rows, cases))
            worst = _worst(pd.concat([worst, cases]))
            for case in cases[cases["status"] != AGREES].itertuples():
                by_cause[case.status, _cause(case)].append(case.Index)
        total.add(group)
    if len(numbers) != len(plan):
        raise Unusable(f"--out {folder}: it holds {len(numbers):,} of {len(plan):,} cases; go on with --resume")
    causes = [Cause(*cause, len(alike), plan.case(min(alike))) for cause, alike in by_cause.items()]
    causes.sort(key=lambda c: (STATUSES.index(c.status), -c.count, c.text))
    ten = [Worst(plan.case(number), *figures) for number, *figures in worst[FIGURES].itertuples()]
    return Summary(plan, sweep.origin, groups, total, tuple(ten), tuple(causes))


def _blocks(folder: Path, kind: Kind, plan: Plan, numbers: set[int]) -> Iterator[Any]:
    """Yield the rows of one kind as data frames, a few files at once; add the numbers of their cases to `numbers`.

    Raises Unusable if a case is already there.
    """
    tables: list[Any] = []
    paths = store.parts(store.partition(folder, kind))
    for path in paths:
        tables.append(store.read(folder, path, plan))
        in_file = tables[-1]["case"].unique().to_pylist()
        if not numbers.isdisjoint(in_file):
            raise Unusable(f"--out {folder}: cases/ holds a case twice")
        numbers.update(in_file)
        if path == paths[-1] or sum(map(len, tables)) >= ROWS_AT_ONCE:
            yield pa.concat_tables(tables).unify_dictionaries().to_pandas()
            tables = []


def _cases(rows: Any) -> Any:
    """Return a row for each case: its first that disagrees, or else the one with the largest error over bound.

    The columns are those of the rows and `most`, the largest error over bound of the case, and `near`, the number of
    its rows whose error over bound is NEAR or more.
    """
    share = rows["utilisation"].fillna(-1.0)
    failing = (rows["tensor"] != "") & ~rows["verdict"].isin(PASSING)
    cases = rows.loc[share.mask(failing, np.inf).groupby(rows["case"], sort=False).idxmax()].set_index("case")
    cases["most"] = share.groupby(rows["case"]).max()
    cases["near"] = (share >= NEAR).groupby(rows["case"]).sum()
    return cases


def _group(rows: Any, cases: Any) -> Group:
    """Return the counts and spreads of these rows."""
    counts = Counter(cases["status"])
    counts.update({name: int(rows[name].sum()) for name in ("elements", "reproduced", "outside")})
    counts.update({name: int(cases[name].sum()) for name in ("images", "right_by_hand", "right_tensorflow", "differ")})
    group = Group(counts, float(rows["utilisation"].max()))
    tensors = rows[rows["tensor"] != ""]  # a case without numbers has one row without a tensor
    for name, one in tensors.groupby(["order", "tensor", "equation"], observed=True, sort=False):
        sums = Counter(comparisons=len(one), elements=int(one["elements"].sum()), outside=int(one["outside"].sum()))
        group.spreads[name] = Spread(sums, [one["utilisation"].to_numpy()], [one["max_ulp"].to_numpy()])
    return group


def _worst(cases: Any) -> Any:
    """Return the worst of the cases that were verified: those that disagree, then by the largest error over bound."""
    judged = cases[cases["status"].isin((AGREES, DISAGREES))]
    ranks = judged.assign(agrees=judged["status"] == AGREES).sort_index(kind="stable")
    return ranks.sort_values(["agrees", "most", "near"], ascending=[True, False, False], kind="stable").head(WORST)


def _cause(case: Any) -> str:
    """Return in words why a case does not agree."""
    if case.status != DISAGREES:
        return generalise(case.remark)
    return f"{case.tensor} ({case.equation}): {generalise(case.explanation or case.verdict)}"


def generalise(text: str) -> str:
    """Return the text with "…" for the decimal numbers and indices that differ from case to case."""
    return re.sub(r"-?\d+\.\d+(e[+-]?\d+)?|\(\d+(, \d+)*\)", "…", text)
