"""The result of a run: verdict, headline, first divergence and counts. All files of the report show it."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from reference.tensor_names import in_step
from reports.table import Cell, Columns, Picture, Report, Table
from verify.compare.notes import of_own_rate, of_step
from verify.compare.power import Power
from verify.compare.recompute import reproduced_text, share
from verify.compare.tensor import Comparison, Tolerance
from verify.compare.walk import TraceComparison
from verify.compare.wording import DERIVED, describe, explain_pass, index_text
from verify.records.settings import Settings

if TYPE_CHECKING:
    import pandas

SCHEMA = "byhand-result/1"
NOTES = 5  # a report shows so many notes; result.json has all
FIELDS = (
    "step", "order", "tensor", "equation", "layer", "shape", "mode", "verdict", "max_error", "allowed", "utilisation",
    "max_ulp", "equal_share", "worst_index", "by_hand", "tensorflow", "explanation", "reproduced_share",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """Everything that one command computed.

    `data` makes the CSV files of the tables. `remark` ends the headline of a run that passes. The page shows details of
    `compared`. `tolerance` is None for the derived bound.
    """

    command: str
    settings: Settings
    environment: Mapping[str, str]
    comparisons: tuple[Comparison, ...]
    tolerance: Tolerance | None = None
    tables: tuple[Table, ...] = ()
    data: Callable[[], tuple[Columns, ...]] = tuple
    power: Power | None = None
    remark: str = ""
    pictures: tuple[Picture, ...] = ()
    compared: TraceComparison | None = field(default=None, compare=False, repr=False)

    @property
    def policy(self) -> str:
        """The bound that numbers are judged by, in words: the derived one, or --rtol and --atol."""
        fixed = self.tolerance
        return DERIVED if fixed is None else f"rtol {fixed.rtol:g} and atol {fixed.atol:g}"

    @property
    def local(self) -> tuple[Comparison, ...]:
        """The comparisons on TensorFlow's own inputs."""
        return tuple(c for c in self.comparisons if c.mode == "local")

    @property
    def elements(self) -> int:
        """The number of elements compared locally."""
        return sum(c.elements for c in self.local)

    @property
    def reproduced(self) -> int:
        """The number of elements that NumPy computes to the same bits from TensorFlow's inputs."""
        return sum(c.reproduced for c in self.local)

    @property
    def passed(self) -> bool:
        """True if something was compared and no comparison fails, local or chained."""
        return self.elements > 0 and not any(c.failed for c in self.comparisons)

    @property
    def status(self) -> int:
        """The exit status: 0 for a pass, 1 for a disagreement, 3 if all agrees but what could not be judged."""
        if self.first_divergence is not None and self.first_divergence.verdict == "unjudged":
            return 3
        return 0 if self.passed else 1

    @cached_property
    def first_divergence(self) -> Comparison | None:
        """The first tensor with which the run cannot pass, in the order of computing.

        Disagreements come before what could not be judged, and local comparisons before chained ones.
        """
        failed = [c for c in self.comparisons if c.failed]
        order = lambda c: (c.verdict == "unjudged", c.mode == "chained", c.step, c.order)  # noqa: E731
        return min(failed, key=order, default=None)

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks of a run: a given α, weights of examples, strange labels, overflow, NaN, XLA, infinite bounds."""
        remarks = (f"step {c.step}, {c.tensor}: {c.explanation}" for c in self.local if c.passed and c.explanation)
        trace = self.compared.walk.trace if self.compared else None
        numbers = range(1, trace.settings.steps + 1) if trace else ()
        steps = (of_step(trace.step(k), trace.network, self.settings, k == 1) for k in numbers if trace)
        of_steps = dict.fromkeys((*of_own_rate(self.settings), *(text for texts in steps for text in texts)))
        return (*of_steps, *remarks, *self._without_bound())

    def _without_bound(self) -> Iterator[str]:
        """Yield a remark if tensors have no finite bound when they are computed by hand from the start."""
        chained = [c for c in self.comparisons if c.mode == "chained"]
        unjudged = [c for c in chained if not (c.passed or c.failed)]
        if unjudged:
            first = min(unjudged, key=lambda c: (c.step, c.order))
            yield (
                f"computed by hand from the start, {len(unjudged):,} of {len(chained):,} tensors have no finite bound, "
                f"the first in step {first.step} ({first.tensor}): they are judged on TensorFlow's own inputs only"
            )

    @property
    def headline(self) -> str:
        """One sentence that begins with PASS, FAIL or NOT VERIFIED."""
        if self.first_divergence is not None:
            return f"{'FAIL' if self.status == 1 else 'NOT VERIFIED'} {describe(self.first_divergence)}"
        if not self.elements:
            return "FAIL nothing was compared"
        steps = f" and {self.settings.steps} steps" if self.settings.steps > 1 else ""
        where = f" in {len(self.local)} tensors{steps}"
        agreement = reproduced_text(self.reproduced, self.elements, where, self.policy)
        if self.tolerance is not None:
            agreement = (
                f"{self.elements:,} numbers{where}, every difference within {self.policy}; "
                f"{share(self.reproduced, self.elements)} reproduced bit for bit"
            )
        remark = f"; {self.remark}" if self.remark else ""
        return f"PASS TensorFlow computed what the equations say: {agreement}{remark}"

    def counts(self) -> dict[str, int]:
        """Return how many tensors and elements were compared, and how many were reproduced, are outside or failed."""
        return {
            "tensors": len(self.local),
            "elements": self.elements,
            "reproduced": self.reproduced,
            "outside": sum(c.outside for c in self.local),
            "failed": sum(c.failed for c in self.comparisons),
        }

    def to_columns(self) -> Columns:
        """Return the content of comparisons.csv."""
        rows = [as_row(c) for c in self.comparisons]
        return Columns("comparisons", {name: [row[name] for row in rows] for name in FIELDS})

    def to_frame(self) -> pandas.DataFrame:
        """Return the content of comparisons.csv as a DataFrame."""
        import pandas

        return pandas.DataFrame(self.to_columns().columns)

    def to_report(self) -> Report:
        """Return the content of report.md."""
        versions = ", ".join(f"{name} {version}" for name, version in self.environment.items())
        settings = ", ".join(f"{name} {value}" for name, value in self.settings.to_dict().items())
        sensitivity = (str(self.power),) if self.power else ()
        notes = tuple(f"Note: {note}." for note in self.notes[:NOTES])
        lines = (explain_pass(self.policy), *sensitivity, *notes, f"Run with {settings}. {versions}.")
        tables = (*self.tables, summary(self.local, "Every tensor, locally"))
        return Report(self.headline, self.passed, lines, tables, self.pictures)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of result.json."""
        first = self.first_divergence
        return {
            "schema": SCHEMA,
            "command": self.command,
            "passed": self.passed,
            "status": self.status,
            "headline": self.headline,
            "policy": self.policy,
            "notes": list(self.notes),
            "settings": self.settings.to_dict(),
            "environment": dict(self.environment),
            "counts": self.counts(),
            "power": None if self.power is None else _power(self.power),
            "first_divergence": None if first is None else _divergence(first),
            "comparisons": [as_row(c) for c in self.comparisons],
            "tables": [_table(t) for t in self.tables],
        }


def as_row(c: Comparison) -> dict[str, Any]:
    """Return one row of comparisons.csv; indices count from 1, as in the essay."""
    row = {name: getattr(c, name) for name in FIELDS}
    return row | {"shape": "x".join(map(str, c.shape)), "worst_index": index_text(c.worst_index)}


def summary(comparisons: Sequence[Comparison], title: str, detailed: Collection[str] = ()) -> Table:
    """Return a table with one row per tensor: equation, verdict, and error, bound and their ratio at the worst element.

    `detailed` names the tensors whose details the page shows; their names become links.
    """
    several_steps = len({c.step for c in comparisons}) > 1
    header = ("tensor", "equation", "shape", "verdict", "error", "bound", "error ÷ bound", "ulp", "equal", "reproduced")
    rows = []
    for c in comparisons:
        name = in_step(c.step, c.tensor) if several_steps else c.tensor
        texts = (
            c.equation,
            "x".join(map(str, c.shape)) or "scalar",
            c.verdict,
            _number(abs(c.by_hand - c.tensorflow), ".2e"),
            _number(c.allowed, ".2e"),
            _number(c.utilisation, ".3f" if c.utilisation < 1000 else ".1e"),
            _number(c.max_ulp, ".3g"),
            _number(c.equal_share, ".1%"),
            share(c.reproduced, c.elements) if c.elements and c.mode == "local" else "",
        )
        first = Cell(name, strong=not c.passed, link=f"#tensor-{c.tensor}" if c.tensor in detailed else "")
        rows.append((first, *(Cell(text, strong=not c.passed) for text in texts)))
    note = (
        "error, bound: at the element with the largest error ÷ bound; above 1 rounding cannot explain the error; "
        "ulp: the largest error in units in the last place; equal: share of numbers that are equal to the by-hand "
        "number, correctly rounded; reproduced: share of numbers that NumPy computes to the same bits in the same "
        "precision"
    )
    return Table(title, header, tuple(rows), frozenset(range(4, 10)), note, sortable=True)


def _number(value: float, form: str) -> str:
    return "" if math.isnan(value) else "0" if value == 0 else format(value, form)


def _divergence(c: Comparison) -> dict[str, Any]:
    names = ("step", "tensor", "equation", "by_hand", "tensorflow", "allowed", "explanation")
    return {name: getattr(c, name) for name in names} | {"index": [i + 1 for i in c.worst_index]}


def _power(power: Power) -> dict[str, Any]:
    return {"tried": power.tried, "caught": power.caught, "equal": power.equal, "smallest_change": dict(power.change)}


def _table(table: Table) -> dict[str, Any]:
    rows = [[cell.text for cell in row] for row in table.rows]
    return {"title": table.title, "header": table.header, "rows": rows, "note": table.note}
