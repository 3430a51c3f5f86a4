"""What a finished sweep found, from its rows: the same for any number of workers and any order of the cases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from verify.compare.recompute import reproduced_text
from verify.compare.tensor import PASSING
from verify.compare.wording import DERIVED
from verify.errors import Unusable
from verify.sweep import parquet_store as store
from verify.sweep.case_result import AGREES, CRASHED, DISAGREES, STATUSES, UNVERIFIED
from verify.sweep.plan import Case, Kind, Plan

SHARES = (0.5, 0.9, 0.99, 0.999, 1.0)  # of the values lie at or below the quantile
WORST = 10
NEAR = 0.99  # of what is allowed: equations that round once come there in every case
Floats = NDArray[np.float64]
Name = tuple[int, str, str]  # a tensor's place in the order of computing, its name, its equation


@dataclass
class Spread:
    """One tensor over many cases and steps: rows, numbers compared and outside, and how the rows' figures lie."""

    rows: int = 0
    elements: int = 0
    outside: int = 0
    utilisation: list[Floats] = field(default_factory=list)
    ulp: list[Floats] = field(default_factory=list)

    @classmethod
    def of(cls, elements: Any, outside: Any, utilisation: Floats, ulp: Floats) -> Spread:
        return cls(len(elements), int(elements.sum()), int(outside.sum()), [utilisation], [ulp])

    def add(self, other: Spread) -> None:
        self.rows, self.elements = self.rows + other.rows, self.elements + other.elements
        self.outside += other.outside
        self.utilisation += other.utilisation
        self.ulp += other.ulp

    @property
    def used(self) -> list[float]:
        return quantiles(self.utilisation)

    @property
    def ulps(self) -> list[float]:
        return quantiles(self.ulp)


def quantiles(values: list[Floats]) -> list[float]:
    """For each of SHARES the smallest value that at least that share does not exceed; NaN where there are none."""
    every = np.sort(np.concatenate([v[~np.isnan(v)] for v in values])) if values else np.empty(0)
    if not every.size:
        return [float("nan")] * len(SHARES)
    return [float(every[max(int(np.ceil(share * every.size)) - 1, 0)]) for share in SHARES]


@dataclass
class Group:
    """The cases of one kind. `images` [4]: predictions made; right by hand, right by TensorFlow, not the same."""

    kind: Kind
    statuses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    elements: int = 0
    reproduced: int = 0
    outside: int = 0
    largest: float = float("nan")
    images: NDArray[np.int64] = field(default_factory=lambda: np.zeros(4, dtype=np.int64))
    spreads: dict[Name, Spread] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        return sum(self.statuses.values())


@dataclass(frozen=True)
class Worst:
    """A case by its row that used most of what it was allowed. `failure` says how it disagrees, if it does.

    `near`: how many of its tensors used NEAR or more.
    """

    case: Case
    status: str
    most: float
    near: int
    utilisation: float
    ulp: float
    step: int
    tensor: str
    failure: str

    @property
    def rank(self) -> tuple[bool, float, int, int]:
        return (self.status != DISAGREES, -self.most, -self.near, self.case.number)


@dataclass(frozen=True)
class Cause:
    """Cases that have one thing in common, and the first of them."""

    status: str
    text: str
    count: int
    first: Case


@dataclass(frozen=True)
class Summary:
    """`causes`: of every case that does not agree, what is wrong with it, the commonest first."""

    plan: Plan
    origin: dict[str, str]
    groups: tuple[Group, ...]
    spreads: dict[Name, Spread]
    worst: tuple[Worst, ...]
    causes: tuple[Cause, ...]

    def count(self, status: str) -> int:
        return sum(group.statuses[status] for group in self.groups)

    @property
    def cases(self) -> int:
        return sum(group.cases for group in self.groups)

    @property
    def elements(self) -> int:
        return sum(group.elements for group in self.groups)

    @property
    def reproduced(self) -> int:
        return sum(group.reproduced for group in self.groups)

    @property
    def outside(self) -> int:
        return sum(group.outside for group in self.groups)

    @property
    def passed(self) -> bool:
        """Something was compared, and every case agrees."""
        return self.elements > 0 and self.count(AGREES) == self.cases

    @property
    def status(self) -> int:
        """Of the command: a disagreement counts before what could not be verified."""
        return 0 if self.passed else 1 if self.count(DISAGREES) else 3

    @property
    def headline(self) -> str:
        if self.passed:
            each = f"each of {self.cases:,} cases" if self.cases > 1 else "the one case"
            shown = reproduced_text(self.reproduced, self.elements, "", DERIVED)
            return f"PASS TensorFlow computed what the equations say in {each}: {shown}"
        if self.count(DISAGREES):
            first = next(w for w in self.worst if w.status == DISAGREES)
            text = f"{self.count(DISAGREES):,} of {self.cases:,} cases disagree, the worst: {first.failure}"
        else:
            text = f"{self.cases - self.count(AGREES):,} of {self.cases:,} cases could not be verified"
        others = {UNVERIFIED: "not verified", CRASHED: "crashed", AGREES: "agree"}
        parts = [f"{self.count(status):,} {word}" for status, word in others.items() if self.count(status)]
        return f"FAIL {text}" + (f" ({', '.join(parts)})" if parts else "")


def summarise(folder: Path, sweep: store.Begun) -> Summary:
    """All rows of a finished sweep.  Raises Unusable if a case is missing, there twice, or a file is damaged."""
    plan = sweep.plan
    groups: list[Group] = []
    spreads: dict[Name, Spread] = {}
    worst: list[Worst] = []
    causes: dict[tuple[str, str], tuple[int, int]] = {}
    done = 0
    for kind in plan.kinds:
        group, found_in = Group(kind), [np.empty(0, dtype=np.int64)]
        for path in store.parts(store.place(folder, kind)):  # file by file: not all rows fit into memory
            rows = _Rows(store.read(folder, path, plan), plan)
            found_in.append(rows.numbers)
            rows.into(group)
            worst = sorted([*worst, *rows.worst()], key=lambda w: w.rank)[:WORST]
            for status, text, number in rows.causes():
                count, first = causes.get((status, text), (0, number))
                causes[status, text] = (count + 1, min(first, number))
        numbers = np.concatenate(found_in)
        if len(np.unique(numbers)) != len(numbers):
            raise Unusable(f"--out {folder}: cases/ holds a case twice")
        done += len(numbers)
        groups.append(group)
        for name, spread in group.spreads.items():
            spreads.setdefault(name, Spread()).add(spread)
    if done != len(plan):
        raise Unusable(f"--out {folder}: it holds {done:,} of {len(plan):,} cases; go on with --resume")
    found = [Cause(status, text, count, plan.case(first)) for (status, text), (count, first) in causes.items()]
    found.sort(key=lambda c: (STATUSES.index(c.status), -c.count, c.text))
    return Summary(plan, sweep.origin, tuple(groups), dict(sorted(spreads.items())), tuple(worst), tuple(found))


class _Rows:
    """The rows of one file, and where each case begins."""

    def __init__(self, table: Any, plan: Plan) -> None:
        self.plan, self.table = plan, table.unify_dictionaries().combine_chunks()
        case = self["case"]
        self.begin = np.flatnonzero(np.diff(case, prepend=-1))
        self.end = np.append(self.begin[1:], len(case)).astype(np.int64) if len(case) else self.begin
        self.numbers = case[self.begin]
        self.statuses = [status.as_py() for status in self.table["status"].take(self.begin)]
        judged = compute.not_equal(self.table["tensor"].cast(pa.string()), "")
        failing = compute.invert(compute.is_in(self.table["verdict"].cast(pa.string()), pa.array(PASSING)))
        self.failing = compute.and_(judged, failing).to_numpy()

    def __getitem__(self, name: str) -> Any:
        return self.table[name].to_numpy()

    def text(self, name: str, row: int) -> str:
        return str(self.table[name][int(row)].as_py())

    def into(self, group: Group) -> None:
        """Add what these rows hold."""
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
        """Rows sorted by tensor and equation, and cut where these change."""
        tensor, equation = (self.table[name].combine_chunks() for name in ("tensor", "equation"))
        columns = [self["order"], *(coded.indices.to_numpy() for coded in (tensor, equation))]
        order = np.lexsort(columns[::-1])
        keys = np.stack([column[order].astype(np.int64) for column in columns], axis=1)
        cuts = np.flatnonzero(np.any(np.diff(keys, axis=0), axis=1)) + 1
        figures = [self[name][order] for name in ("elements", "outside", "utilisation", "max_ulp")]
        for first, end in zip([0, *cuts], [*cuts, len(order)], strict=True) if len(order) else ():
            place, *codes = keys[first].tolist()
            name, at = (coded.dictionary[code].as_py() for coded, code in zip((tensor, equation), codes, strict=True))
            if name:  # else it is the row of a case without numbers
                yield (place, name, at), Spread.of(*(column[first:end] for column in figures))

    def worst(self) -> list[Worst]:
        """The worst cases of this kind, each by its first row that fails, or by the one that used most."""
        if not self.statuses:
            return []
        used = np.nan_to_num(self["utilisation"], nan=-1.0)
        most = np.maximum.reduceat(used, self.begin)
        near = np.add.reduceat((used >= NEAR).astype(np.int64), self.begin)
        judged = [i for i, status in enumerate(self.statuses) if status in (AGREES, DISAGREES)]
        judged.sort(key=lambda i: (self.statuses[i] != DISAGREES, -most[i], -near[i], self.numbers[i]))
        found = []
        for i in judged[:WORST]:
            begin, end = self.begin[i], self.end[i]
            failed = self.failing[begin:end]
            at = begin + int(np.argmax(failed) if failed.any() else np.argmax(used[begin:end]))
            utilisation, ulp = (float(self[name][at]) for name in ("utilisation", "max_ulp"))
            case, step = self.plan.case(int(self.numbers[i])), int(self["step"][at])
            where = (step, self.text("tensor", at), self.text("failure", at))
            found.append(Worst(case, self.statuses[i], float(most[i]), int(near[i]), utilisation, ulp, *where))
        return found

    def causes(self) -> Iterator[tuple[str, str, int]]:
        """Of each case that does not agree its status, what is wrong with it in words, and its number."""
        for i, status in enumerate(self.statuses):
            if status == AGREES:
                continue
            text = general(self.text("remark", self.begin[i]))
            if status == DISAGREES:
                at = self.begin[i] + int(np.argmax(self.failing[self.begin[i] : self.end[i]]))
                why = self.text("explanation", at) or self.text("verdict", at)
                text = f"{self.text('tensor', at)} ({self.text('equation', at)}): {general(why)}"
            yield status, text, int(self.numbers[i])


def general(text: str) -> str:
    """Without the fractions and places that differ from case to case."""
    return re.sub(r"-?\d+\.\d+(e[+-]?\d+)?|\(\d+(, \d+)*\)", "…", text)
