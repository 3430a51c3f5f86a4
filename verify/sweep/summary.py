"""The results of a finished sweep, as values; `aggregation.py` computes them from the rows.

They depend neither on the number of workers nor on the order in which the cases were done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.compare.recompute import reproduced_text
from verify.compare.wording import DERIVED
from verify.sweep.case_result import AGREES, CRASHED, DISAGREES, STATUSES, UNVERIFIED
from verify.sweep.plan import Case, Kind, Plan

SHARES = (0.5, 0.9, 0.99, 0.999, 1.0)  # of the values, for which a quantile is given
NEAR = 0.99  # error over bound: equations that round once come this near to 1 in every case
Floats = NDArray[np.float64]
Name = tuple[int, str, str]  # a tensor: place in the order of computing, name, equation


@dataclass
class Spread:
    """One tensor over many cases and steps.

    `rows` counts its comparisons, `elements` the numbers compared, `outside` those beyond their bounds. `utilisation`
    (the largest error over bound) and `ulp` have one number for each row.
    """

    rows: int = 0
    elements: int = 0
    outside: int = 0
    utilisation: list[Floats] = field(default_factory=list)
    ulp: list[Floats] = field(default_factory=list)

    @classmethod
    def of(cls, elements: Any, outside: Any, utilisation: Floats, ulp: Floats) -> Spread:
        """Return the spread of rows that are given as columns."""
        return cls(len(elements), int(elements.sum()), int(outside.sum()), [utilisation], [ulp])

    def add(self, other: Spread) -> None:
        """Add the rows of another spread to this one."""
        self.rows, self.elements = self.rows + other.rows, self.elements + other.elements
        self.outside += other.outside
        self.utilisation += other.utilisation
        self.ulp += other.ulp

    @property
    def used(self) -> list[float]:
        """Quantiles of the largest error over bound, one for each of SHARES."""
        return quantiles(self.utilisation)

    @property
    def ulps(self) -> list[float]:
        """Quantiles of the largest difference in ulp, one for each of SHARES."""
        return quantiles(self.ulp)


def quantiles(values: list[Floats]) -> list[float]:
    """Return a quantile for each of SHARES, or NaN if there are no values.

    The quantile is the smallest value such that at least this share of the values is no larger. NaN is left out.
    """
    ordered = np.sort(np.concatenate([v[~np.isnan(v)] for v in values])) if values else np.empty(0)
    if not ordered.size:
        return [float("nan")] * len(SHARES)
    return [float(ordered[max(int(np.ceil(share * ordered.size)) - 1, 0)]) for share in SHARES]


@dataclass
class Group:
    """The cases of one kind.

    `images` [4] counts predictions: all, correct by hand, correct by TensorFlow, and those that differ. `largest` is
    the largest error over bound.
    """

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
        """Number of cases of this kind."""
        return sum(self.statuses.values())


@dataclass(frozen=True)
class Worst:
    """One of the worst cases, and the row that makes it one.

    `most` is the largest error over bound of the case; `near` counts its rows whose error over bound is NEAR or more.
    The other numbers belong to the row. `failure` says how the case disagrees, or is "".
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
        """Sort key: cases that disagree come first, then the larger error over bound."""
        return (self.status != DISAGREES, -self.most, -self.near, self.case.number)


@dataclass(frozen=True)
class Cause:
    """The cases that do not agree for one and the same reason: how many, and the first of them."""

    status: str
    text: str
    count: int
    first: Case


@dataclass(frozen=True)
class Summary:
    """The summary of a sweep.

    `spreads` has each tensor over all groups, `worst` the worst cases, `causes` the reasons why cases do not agree, by
    status and with the most frequent first.
    """

    plan: Plan
    origin: dict[str, str]
    groups: tuple[Group, ...]
    spreads: dict[Name, Spread]
    worst: tuple[Worst, ...]
    causes: tuple[Cause, ...]

    def count(self, status: str) -> int:
        """Return the number of cases with this status."""
        return sum(group.statuses[status] for group in self.groups)

    @property
    def cases(self) -> int:
        """Number of cases."""
        return sum(group.cases for group in self.groups)

    @property
    def elements(self) -> int:
        """Number of elements compared."""
        return sum(group.elements for group in self.groups)

    @property
    def reproduced(self) -> int:
        """Number of elements reproduced bit for bit."""
        return sum(group.reproduced for group in self.groups)

    @property
    def outside(self) -> int:
        """Number of elements beyond their bounds."""
        return sum(group.outside for group in self.groups)

    @property
    def passed(self) -> bool:
        """Whether something was compared and every case agrees."""
        return self.elements > 0 and self.count(AGREES) == self.cases

    @property
    def status(self) -> int:
        """Exit status of the command: 0 every case agrees, 1 a case disagrees, 3 a case could not be verified."""
        return 0 if self.passed else 1 if self.count(DISAGREES) else 3

    @property
    def headline(self) -> str:
        """The result in one sentence, which begins with PASS or FAIL."""
        if self.passed:
            which = f"each of {self.cases:,} cases" if self.cases > 1 else "the one case"
            counted = reproduced_text(self.reproduced, self.elements, "", DERIVED)
            return f"PASS TensorFlow computed what the equations say in {which}: {counted}"
        if self.count(DISAGREES):
            first = next(w for w in self.worst if w.status == DISAGREES)
            text = f"{self.count(DISAGREES):,} of {self.cases:,} cases disagree, the worst: {first.failure}"
        else:
            text = f"{self.cases - self.count(AGREES):,} of {self.cases:,} cases could not be verified"
        others = {UNVERIFIED: "not verified", CRASHED: "crashed", AGREES: "agree"}
        parts = [f"{self.count(status):,} {word}" for status, word in others.items() if self.count(status)]
        return f"FAIL {text}" + (f" ({', '.join(parts)})" if parts else "")
