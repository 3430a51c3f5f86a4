"""The results of a finished sweep, as values; `aggregation.py` computes them from the rows.

They depend neither on the number of workers nor on the order in which the cases were done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from verify.compare.recompute import reproduced_text
from verify.compare.wording import DERIVED
from verify.records.precision import Floats
from verify.sweep.case_result import AGREES, CRASHED, DISAGREES, STATUSES, UNVERIFIED
from verify.sweep.plan import Case, Kind, Plan

SHARES = (0.5, 0.9, 0.99, 0.999, 1.0)  # of the values, for which a quantile is given
NEAR = 0.99  # error over bound: equations that round once come this near to 1 in every case
Name = tuple[int, str, str]  # a tensor: place in the order of computing, name, equation


@dataclass
class Spread:
    """One tensor over many cases and steps, each of which is a comparison.

    `counts` has the number of "comparisons", of numbers compared ("elements"), and of those beyond their bounds
    ("outside"). `utilisation` (the largest error over bound) and `ulp` have one number for each comparison.
    """

    counts: Counter[str] = field(default_factory=Counter)
    utilisation: list[Floats] = field(default_factory=list)
    ulp: list[Floats] = field(default_factory=list)

    def add(self, other: Spread) -> None:
        """Add the comparisons of another spread to this one."""
        self.counts.update(other.counts)
        self.utilisation += other.utilisation
        self.ulp += other.ulp


def quantiles(values: list[Floats]) -> list[float]:
    """Return a quantile for each of SHARES, or NaN if there are no values.

    The quantile is the smallest value such that at least this share of the values is no larger. NaN is left out.
    """
    numbers = np.concatenate([v[~np.isnan(v)] for v in values]) if values else np.empty(0)
    figures = np.quantile(numbers, SHARES, method="inverted_cdf") if numbers.size else np.full(len(SHARES), np.nan)
    return [float(figure) for figure in figures]


@dataclass
class Group:
    """The cases of one kind, or of the whole sweep.

    `counts` has the number of cases by status, and the sums of the columns that count numbers and predictions.
    `largest` is the largest error over bound. `spreads` has each tensor.
    """

    counts: Counter[str] = field(default_factory=Counter)
    largest: float = float("nan")
    spreads: dict[Name, Spread] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        """Number of cases."""
        return sum(self.counts[status] for status in STATUSES)

    def add(self, other: Group) -> None:
        """Add the cases of another group to this one."""
        self.counts.update(other.counts)
        self.largest = float(np.fmax(self.largest, other.largest))
        for name, spread in other.spreads.items():
            self.spreads.setdefault(name, Spread()).add(spread)


@dataclass(frozen=True)
class Worst:
    """One of the worst cases, and the row that makes it one.

    `near` counts the rows of the case whose error over bound is NEAR or more. The other numbers belong to the row.
    `failure` says how the case disagrees, or is "".
    """

    case: Case
    status: str
    near: int
    utilisation: float
    ulp: float
    step: int
    tensor: str
    failure: str


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

    `total` has all cases, `worst` the worst ones, `causes` the reasons why cases do not agree, by status and with the
    most frequent first.
    """

    plan: Plan
    origin: Mapping[str, str]
    groups: Mapping[Kind, Group]
    total: Group
    worst: tuple[Worst, ...]
    causes: tuple[Cause, ...]

    @property
    def passed(self) -> bool:
        """Whether something was compared and every case agrees."""
        return self.total.counts["elements"] > 0 and self.total.counts[AGREES] == self.total.cases

    @property
    def status(self) -> int:
        """Exit status of the command: 0 every case agrees, 1 a case disagrees, 3 a case could not be verified."""
        return 0 if self.passed else 1 if self.total.counts[DISAGREES] else 3

    @property
    def headline(self) -> str:
        """The result in one sentence, which begins with PASS, FAIL or NOT VERIFIED."""
        counts, cases = self.total.counts, self.total.cases
        if self.passed:
            which = f"each of {cases:,} cases" if cases > 1 else "the one case"
            numbers = reproduced_text(counts["reproduced"], counts["elements"], "", DERIVED)
            return f"PASS TensorFlow computed what the equations say in {which}: {numbers}"
        if counts[DISAGREES]:
            text = f"{counts[DISAGREES]:,} of {cases:,} cases disagree, the worst: {self.worst[0].failure}"
        else:
            text = f"{cases - counts[AGREES]:,} of {cases:,} cases could not be verified"
        others = {UNVERIFIED: "not verified", CRASHED: "crashed", AGREES: "agree"}
        parts = [f"{counts[status]:,} {word}" for status, word in others.items() if counts[status]]
        return f"{'FAIL' if counts[DISAGREES] else 'NOT VERIFIED'} {text}" + (f" ({', '.join(parts)})" if parts else "")
