"""The result of verify.faults: headline, tables, files."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.table import Cell, Columns, Report, Table
from verify.faults.fixed_tolerances import POLICIES
from verify.faults.kill_matrix import Kill, counts
from verify.records.settings import Settings


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

    @property
    def survivors(self) -> tuple[Kill, ...]:
        """The faults that go unnoticed although they are not equivalent to the truth."""
        return tuple(k for k in self.kills if k.survived)

    @property
    def passed(self) -> bool:
        """True if faults were tried and none of them survived."""
        return bool(self.kills) and not self.survivors

    @property
    def headline(self) -> str:
        """The result in one sentence, which begins with PASS or FAIL."""
        count = counts(self.kills)
        distinct = count["tried"] - count["equal"]
        if self.survivors:
            first = self.survivors[0]
            return (
                f"FAIL {count['survived']} of {distinct} faults go unnoticed, the first: {first.fault.name}, "
                f"whose effect is {first.size:.3g} times the bound"
            )
        return (
            f"PASS all {distinct} faults that can be told from rounding are noticed, {count['equal']} more equal the "
            f"truth within rounding; the cause is named correctly for {count['named']} of {count['to_name']}"
        )

    def groups(self) -> Table:
        """Return the table of groups: faults tried, equivalent, noticed and named, and what fixed tolerances notice."""
        header = ("faults", "tried", "equal", "noticed", "cause named", *(p.split()[0] for p in POLICIES))
        groups: dict[str, list[Kill]] = {}
        for k in self.kills:
            groups.setdefault(k.fault.group, []).append(k)
        rows = []
        for name, kills in (*groups.items(), ("all", self.kills)):
            count = counts(kills)
            distinct = [k for k in kills if not k.equivalent]
            noticed, named = f"{count['caught']} of {len(distinct)}", f"{count['named']} of {count['to_name']}"
            texts = [name, str(count["tried"]), str(count["equal"]), noticed, named]
            texts += [str(sum(k.by_policy[p] for k in distinct)) for p in POLICIES]
            rows.append(tuple(Cell(text, strong=count["survived"] > 0) for text in texts))
        alarms = ", ".join(f"{p} {count}" for p, count in self.alarms.items())
        note = (
            "equal: no comparison could tell them from rounding; noticed: of the others. The last columns: how many of "
            f"these a fixed tolerance notices, on the same by-hand numbers. Its false alarms without a fault: {alarms}"
        )
        return Table("What the comparison notices", header, tuple(rows), frozenset(range(1, len(header))), note)

    def to_columns(self) -> tuple[Columns, Columns]:
        """Return the columns of kill_matrix.csv and of smallest.csv."""
        kills = self.kills
        matrix: dict[str, Sequence[Any]] = {
            "fault": [k.fault.name for k in kills],
            "group": [k.fault.group for k in kills],
            "scope": [k.fault.scope for k in kills],
            "equivalent": [k.equivalent for k in kills],
            "caught": [k.caught for k in kills],
            "first_tensor": [k.first.tensor if k.first else "" for k in kills],
            "mode": [k.first.mode if k.first else "" for k in kills],
            "utilisation": ["" if k.utilisation is None else k.utilisation for k in kills],
            "diagnosis": [k.diagnosis for k in kills],
            "diagnosis_right": ["" if k.named_correctly is None else k.named_correctly for k in kills],
            **{p: [k.by_policy[p] for k in kills] for p in POLICIES},
        }
        names = ("tensor", "equation", "smallest_change")
        smallest: dict[str, Sequence[Any]] = {name: [row[i] for row in self.smallest] for i, name in enumerate(names)}
        return Columns("kill_matrix", matrix), Columns("smallest", smallest)

    def to_report(self) -> Report:
        """Return the report: headline, conditions and tables."""
        versions = ", ".join(f"{name} {version}" for name, version in self.environment.items())
        settings = ", ".join(f"{name} {value}" for name, value in self.settings.to_dict().items())
        lines = (
            "Each fault was put into the last step of a trace that passes: in the whole step, with all that follows "
            "from it (step), or in one tensor alone (tensor). It is equal to the truth if at every element there is a "
            "number that is a correct rounding of both; then no comparison could notice it.",
            f"Run with {settings}. {versions}.",
        )
        tables = (self.groups(), _all_faults(self.kills), _smallest_changes(self.smallest))
        return Report(self.headline, self.passed, lines, tables)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of result.json."""
        columns = self.to_columns()[0].columns
        return {
            "schema": "byhand-faults/1",
            "command": "faults",
            "passed": self.passed,
            "headline": self.headline,
            "settings": self.settings.to_dict(),
            "environment": dict(self.environment),
            "counts": counts(self.kills),
            "false_alarms": dict(self.alarms),
            "faults": [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)],
            "smallest": {tensor: d if math.isfinite(d) else None for tensor, _, d in self.smallest},
        }


def _all_faults(kills: Sequence[Kill]) -> Table:
    """Return the table of all faults."""
    header = ("fault", "group", "scope", "first failure", "error ÷ bound", "cause named")
    rows = []
    for k in kills:
        size, cause = ("" if k.utilisation is None else f"{k.utilisation:.3g}"), k.diagnosis
        place = f"{k.first.tensor} ({k.first.verdict})" if k.first else "unnoticed"
        if k.equivalent:
            place, size, cause = "", f"{k.size:.3g}", "equal to the truth within rounding"
        texts = (k.fault.name, k.fault.group, k.fault.scope, place, size, cause)
        rows.append(tuple(Cell(text, strong=k.survived) for text in texts))
    note = (
        "error ÷ bound: at the worst element of the tensor that fails first; for a fault that equals the truth, its "
        "largest difference from the truth ÷ the bounds of both"
    )
    return Table("Every fault", header, tuple(rows), frozenset({4}), note)


def _smallest_changes(smallest: Sequence[tuple[str, str, float]]) -> Table:
    """Return the table of the smallest relative change of each tensor that is noticed."""
    header = ("tensor", "equation", "smallest change")
    rows = tuple(
        (Cell(tensor), Cell(equation), Cell(f"{d:.1e}" if math.isfinite(d) else "none up to 100 %"))
        for tensor, equation, d in smallest
    )
    note = "the smallest relative change of the whole tensor, up or down, that is noticed there, by bisection"
    return Table("The smallest change that is noticed", header, rows, frozenset({2}), note)
