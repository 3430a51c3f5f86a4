"""Compute the summary of a finished sweep from the rows in its folder, one Parquet file at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute

from verify.compare.tensor import PASSING
from verify.errors import Unusable
from verify.sweep import parquet_store as store
from verify.sweep.case_result import AGREES, DISAGREES, STATUSES
from verify.sweep.plan import Plan
from verify.sweep.summary import NEAR, Cause, Group, Name, Spread, Summary, Worst

WORST = 10  # cases in the list of the worst


def summarise(folder: Path, sweep: store.StoredPlan) -> Summary:
    """Return the summary of all rows.  Raises Unusable if a case is missing or duplicated, or a file is damaged."""
    plan = sweep.plan
    groups: list[Group] = []
    spreads: dict[Name, Spread] = {}
    worst: list[Worst] = []
    causes: dict[tuple[str, str], tuple[int, int]] = {}  # by status and text: number of cases, first case
    for kind in plan.kinds:
        group, numbers = Group(kind), [np.empty(0, dtype=np.int64)]
        for path in store.parts(store.place(folder, kind)):  # file by file, because not all rows fit into memory
            rows = _FileRows(store.read(folder, path, plan), plan)
            numbers.append(rows.numbers)
            rows.add_to(group)
            worst = sorted([*worst, *rows.worst()], key=lambda w: w.rank)[:WORST]
            for status, text, number in rows.causes():
                count, first = causes.get((status, text), (0, number))
                causes[status, text] = (count + 1, min(first, number))
        if len(np.unique(np.concatenate(numbers))) != sum(map(len, numbers)):
            raise Unusable(f"--out {folder}: cases/ holds a case twice")
        groups.append(group)
        for name, spread in group.spreads.items():
            spreads.setdefault(name, Spread()).add(spread)
    done = sum(group.cases for group in groups)
    if done != len(plan):
        raise Unusable(f"--out {folder}: it holds {done:,} of {len(plan):,} cases; go on with --resume")
    ordered = [Cause(status, text, count, plan.case(first)) for (status, text), (count, first) in causes.items()]
    ordered.sort(key=lambda c: (STATUSES.index(c.status), -c.count, c.text))
    return Summary(plan, sweep.origin, tuple(groups), dict(sorted(spreads.items())), tuple(worst), tuple(ordered))


class _FileRows:
    """The rows of one Parquet file.

    The rows of case number `numbers[i]` are `begin[i]` to `end[i]` - 1; its status is `statuses[i]`. `failing` marks
    the rows of tensors that disagree.
    """

    def __init__(self, table: Any, plan: Plan) -> None:
        self.plan, self.table = plan, table.unify_dictionaries().combine_chunks()
        case = self["case"]
        self.begin = np.flatnonzero(np.diff(case, prepend=-1))
        self.end = np.append(self.begin[1:], len(case)).astype(np.int64) if len(case) else self.begin
        self.numbers = case[self.begin]
        self.statuses = [status.as_py() for status in self.table["status"].take(self.begin)]
        compared = compute.not_equal(self.table["tensor"].cast(pa.string()), "")
        failing = compute.invert(compute.is_in(self.table["verdict"].cast(pa.string()), pa.array(PASSING)))
        self.failing = compute.and_(compared, failing).to_numpy()

    def __getitem__(self, name: str) -> Any:
        return self.table[name].to_numpy()

    def text(self, name: str, row: int) -> str:
        """Return the text in the column `name` of a row."""
        return str(self.table[name][int(row)].as_py())

    def add_to(self, group: Group) -> None:
        """Add the counts and spreads of these rows to a group."""
        for status in self.statuses:
            group.statuses[status] += 1
        group.elements += int(self["elements"].sum())
        group.reproduced += int(self["reproduced"].sum())
        group.outside += int(self["outside"].sum())
        group.largest = float(np.fmax.reduce(self["utilisation"], initial=group.largest))
        names = ("images", "right_by_hand", "right_tensorflow", "differ")
        group.images += np.array([self[name][self.begin].sum() for name in names], dtype=np.int64)
        for name, spread in self._spreads():
            group.spreads.setdefault(name, Spread()).add(spread)

    def _spreads(self) -> Iterator[tuple[Name, Spread]]:
        """Yield the spread of each tensor: sort the rows by tensor and equation, and cut where these change."""
        tensor, equation = (self.table[name].combine_chunks() for name in ("tensor", "equation"))
        columns = [self["order"], *(coded.indices.to_numpy() for coded in (tensor, equation))]
        order = np.lexsort(columns[::-1])
        keys = np.stack([column[order].astype(np.int64) for column in columns], axis=1)
        cuts = np.flatnonzero(np.any(np.diff(keys, axis=0), axis=1)) + 1
        figures = [self[name][order] for name in ("elements", "outside", "utilisation", "max_ulp")]
        for first, end in zip([0, *cuts], [*cuts, len(order)], strict=True) if len(order) else ():
            place, tensor_code, equation_code = keys[first].tolist()
            name = tensor.dictionary[tensor_code].as_py()
            if name:  # a case without numbers has one row without a tensor
                key = (place, name, equation.dictionary[equation_code].as_py())
                yield key, Spread.of(*(column[first:end] for column in figures))

    def worst(self) -> list[Worst]:
        """Return the worst cases of this file.

        Each stands with its first row that disagrees, or else with its row of the largest error over bound.
        """
        if not self.statuses:
            return []
        used = np.nan_to_num(self["utilisation"], nan=-1.0)
        most = np.maximum.reduceat(used, self.begin)
        near = np.add.reduceat((used >= NEAR).astype(np.int64), self.begin)
        judged = [i for i, status in enumerate(self.statuses) if status in (AGREES, DISAGREES)]
        judged.sort(key=lambda i: (self.statuses[i] != DISAGREES, -most[i], -near[i], self.numbers[i]))
        cases = []
        for i in judged[:WORST]:
            begin, end = self.begin[i], self.end[i]
            failed = self.failing[begin:end]
            row = begin + int(np.argmax(failed) if failed.any() else np.argmax(used[begin:end]))
            utilisation, ulp = (float(self[name][row]) for name in ("utilisation", "max_ulp"))
            case, step = self.plan.case(int(self.numbers[i])), int(self["step"][row])
            where = (step, self.text("tensor", row), self.text("failure", row))
            cases.append(Worst(case, self.statuses[i], float(most[i]), int(near[i]), utilisation, ulp, *where))
        return cases

    def causes(self) -> Iterator[tuple[str, str, int]]:
        """Yield status, cause in words, and number of each case that does not agree."""
        for i, status in enumerate(self.statuses):
            if status == AGREES:
                continue
            text = general(self.text("remark", self.begin[i]))
            if status == DISAGREES:
                row = self.begin[i] + int(np.argmax(self.failing[self.begin[i] : self.end[i]]))
                why = self.text("explanation", row) or self.text("verdict", row)
                text = f"{self.text('tensor', row)} ({self.text('equation', row)}): {general(why)}"
            yield status, text, int(self.numbers[i])


def general(text: str) -> str:
    """Return the text with "…" for the decimal numbers and indices that differ from case to case."""
    return re.sub(r"-?\d+\.\d+(e[+-]?\d+)?|\(\d+(, \d+)*\)", "…", text)
