"""The result of verify.faults: headline, tables, files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.table import Cell, Columns, Report, Table
from verify.faults.fixed_tolerances import POLICIES
from verify.faults.kill_matrix import Kill, score
from verify.records.settings import Settings

SCHEMA = "byhand-faults/1"


@dataclass(frozen=True)
class FaultsResult:
    """The kill matrix and all else that the report shows.

    `smallest` has tensor, equation and the smallest relative change that is noticed there. `alarms` counts the tensors
    that each fixed tolerance rejects without a fault.
    """

    settings: Settings
    environment: Mapping[str, str]
    kills: tuple[Kill, ...]
    smallest: tuple[tuple[str, str, float], ...]
    alarms: Mapping[str, int]
    command: str = "faults"

    @property
    def survivors(self) -> tuple[Kill, ...]:
        """The faults that go unnoticed although they are not equivalent to the truth."""
        return tuple(k for k in self.kills if k.survived)

    @property
    def passed(self) -> bool:
        """True if faults were tried and none of them survived."""
        return bool(self.kills) and not self.survivors

    @property
    def named(self) -> tuple[int, int]:
        """How many caught faults were named correctly, and how many have a cause to be named."""
        judged = [k.right for k in self.kills if k.right is not None]
        return sum(judged), len(judged)

    @property
    def headline(self) -> str:
        """The result in one sentence, which begins with PASS or FAIL."""
        caught, real = score(self.kills)
        equal = sum(k.equivalent for k in self.kills)
        if self.survivors:
            first = self.survivors[0]
            return (
                f"FAIL {len(self.survivors)} of {real} faults go unnoticed, the first: {first.fault.name}, "
                f"{first.size:.3g} times what rounding allows"
            )
        right, judged = self.named
        return (
            f"PASS all {caught} faults that can be told from rounding are noticed, {equal} more equal the truth within "
            f"rounding; the cause is named rightly for {right} of {judged}"
        )

    def groups(self) -> Table:
        """Return the table of groups: faults tried, equivalent, noticed and named, and what fixed tolerances notice."""
        header = ("faults", "tried", "equal", "noticed", "cause named", *(p.split()[0] for p in POLICIES))
        rows = []
        for name, kills in self._grouped():
            caught, real = score(kills)
            judged = [k.right for k in kills if k.right is not None]
            texts = [name, f"{len(kills)}", f"{len(kills) - real}", f"{caught} of {real}"]
            texts += [f"{sum(judged)} of {len(judged)}"]
            texts += [str(sum(k.by_policy[p] for k in kills if not k.equivalent)) for p in POLICIES]
            rows.append(tuple(Cell(text, strong=caught < real) for text in texts))
        alarms = ", ".join(f"{p} {count}" for p, count in self.alarms.items())
        note = (
            "equal: no comparison could tell them from rounding; noticed: of the others. The last columns: how many of "
            f"these a fixed tolerance notices, on the same by-hand numbers. Its false alarms without a fault: {alarms}"
        )
        return Table("What the comparison notices", header, tuple(rows), frozenset(range(1, len(header))), note)

    def _grouped(self) -> Iterator[tuple[str, list[Kill]]]:
        """Yield each group with its faults, and finally all faults together."""
        for group in dict.fromkeys(k.fault.group for k in self.kills):
            yield group, [k for k in self.kills if k.fault.group == group]
        yield "all", list(self.kills)

    def to_columns(self) -> tuple[Columns, Columns]:
        """Return the columns of kill_matrix.csv and of smallest.csv."""
        rows = [_row(k) for k in self.kills]
        fields = (
            "fault", "group", "scope", "equivalent", "caught", "first_tensor", "mode", "utilisation", "diagnosis",
            "diagnosis_right", *POLICIES,
        )  # fmt: skip
        least: dict[str, Sequence[Any]] = {
            "tensor": [tensor for tensor, _, _ in self.smallest],
            "equation": [equation for _, equation, _ in self.smallest],
            "smallest_change": [delta for _, _, delta in self.smallest],
        }
        matrix: dict[str, Sequence[Any]] = {name: [row[i] for row in rows] for i, name in enumerate(fields)}
        return Columns("kill_matrix", matrix), Columns("smallest", least)

    def to_report(self) -> Report:
        """Return the report: headline, conditions and tables."""
        names = ", ".join(f"{name} {version}" for name, version in self.environment.items())
        chosen = ", ".join(f"{name} {value}" for name, value in self.settings.to_dict().items())
        lines = (
            "Each fault was put into the last step of a trace that passes: in the whole step, with all that follows "
            "from it (step), or in one tensor alone (tensor). It is equal to the truth where at every element some "
            "number is a right rounding of both; then no comparison could notice it.",
            f"Run with {chosen}. {names}.",
        )
        tables = (self.groups(), _every(self.kills), _least(self.smallest))
        return Report(self.headline, self.passed, lines, tables)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of result.json."""
        caught, real = score(self.kills)
        matrix, _ = self.to_columns()
        return {
            "schema": SCHEMA, "command": self.command, "passed": self.passed, "headline": self.headline,
            "settings": self.settings.to_dict(), "environment": dict(self.environment),
            "counts": {"tried": len(self.kills), "caught": caught, "equal": len(self.kills) - real,
                       "named": self.named[0], "to_name": self.named[1], "survived": len(self.survivors)},
            "false_alarms": dict(self.alarms),
            "faults": [dict(zip(matrix.columns, r, strict=True)) for r in zip(*matrix.columns.values(), strict=True)],
            "smallest": {t: d if math.isfinite(d) else None for t, _, d in self.smallest},
        }  # fmt: skip


def _row(k: Kill) -> tuple[object, ...]:
    """Return the row of one fault in kill_matrix.csv."""
    first = k.first
    used = "" if first is None or not math.isfinite(first.utilisation) else first.utilisation
    right = "" if k.right is None else k.right
    return (
        k.fault.name, k.fault.group, k.fault.scope, k.equivalent, k.caught, first.tensor if first else "",
        first.mode if first else "", used, k.diagnosis, right, *(k.by_policy[p] for p in POLICIES),
    )  # fmt: skip


def _every(kills: Sequence[Kill]) -> Table:
    """Return the table of all faults."""
    header = ("fault", "group", "scope", "first at", "used", "cause named")
    rows = []
    for k in kills:
        if k.equivalent:
            where, used, cause = "", f"{k.size:.3g}", "equal to the truth within rounding"
        else:
            where = f"{k.first.tensor} ({k.first.verdict})" if k.first else "unnoticed"
            used = f"{k.first.utilisation:.3g}" if k.first and math.isfinite(k.first.utilisation) else ""
            cause = k.diagnosis
        texts = (k.fault.name, k.fault.group, k.fault.scope, where, used, cause)
        rows.append(tuple(Cell(text, strong=k.survived) for text in texts))
    note = "used: error over what is allowed, at the worst element of the tensor named"
    return Table("Every fault", header, tuple(rows), frozenset({4}), note)


def _least(smallest: Sequence[tuple[str, str, float]]) -> Table:
    """Return the table of the smallest relative change of each tensor that is noticed."""
    header = ("tensor", "equation", "smallest change")
    rows = tuple(
        (Cell(t), Cell(e), Cell(f"{d:.1e}" if math.isfinite(d) else "none up to 100 %")) for t, e, d in smallest
    )
    note = "the smallest relative change of the whole tensor, up or down, that is noticed there, by bisection"
    return Table("The smallest change that is noticed", header, rows, frozenset({2}), note)
