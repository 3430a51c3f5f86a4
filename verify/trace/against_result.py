"""The result of comparing two traces: headline, tables and files."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from reference.tensor_names import in_step
from reports.table import Cell, Columns, Report, Table
from verify.compare.wording import describe, index_text
from verify.records.trace import Trace
from verify.records.trace_file import described
from verify.trace.against import UNTOLD, Against, Pair

SCHEMA = "byhand-against/1"
REPLACED = {"start": None, "elements": None, "same": "equal_bits"}  # fields of Pair that are no columns
FIELDS = tuple(name for f in fields(Pair) if (name := REPLACED.get(f.name, f.name)))
NOTE = (
    "verdict: of each against its equation, on its own inputs; difference: the largest between the two; ulp: the "
    "largest in units in the last place; same bits: share of numbers; error: mean error against the equation; nearer: "
    "whose mean error is smaller; untold: the mean errors differ by less than the by-hand side's own rounding"
)


@dataclass(frozen=True)
class AgainstResult:
    """The result of comparing two traces. `names` are the names of the two files, as the user wrote them."""

    names: tuple[str, str]
    traces: tuple[Trace, Trace]
    against: Against

    @property
    def passed(self) -> bool:
        """True if both traces are within rounding of their equations."""
        return all(result.passed for result in self.against.results)

    @cached_property
    def counted(self) -> tuple[Pair, ...]:
        """The pairs, without the tensors that a step begins with: these are equal in any case."""
        return tuple(pair for pair in self.against.pairs if not pair.start)

    @property
    def counts(self) -> dict[str, int]:
        """The numbers of tensors and elements compared, and of tensors in which A or B is nearer."""
        nearer = [pair.nearer for pair in self.counted]
        return {
            "tensors": len(self.counted),
            "numbers": sum(pair.elements for pair in self.counted),
            "same_bits": sum(pair.same for pair in self.counted),
            "nearer_a": nearer.count("A"),
            "nearer_b": nearer.count("B"),
            "untold": nearer.count(UNTOLD),
        }

    @property
    def headline(self) -> str:
        """One sentence that begins with PASS or FAIL."""
        if not self.passed:
            return f"FAIL {self._failure()}"
        counts = self.counts
        if self.against.other_inputs:
            verdict = f"both are within rounding of their equations, but have different inputs ({self._inputs()})"
        elif counts["same_bits"] == counts["numbers"]:
            return f"PASS the two have the same bits in all {counts['numbers']:,} numbers, and are within rounding"
        else:
            verdict = "the two agree within rounding"
        return f"PASS {verdict}: {share(counts)} have the same bits; {self._nearer()}"

    def _failure(self) -> str:
        """Return which trace is within rounding and which is not, with its first disagreement."""
        passing, failing = [], []
        for letter, result in zip("AB", self.against.results, strict=True):
            if result.passed:
                passing.append(f"{letter} is within rounding of its equations")
            else:
                first = result.first_divergence
                problem = "nothing was compared" if first is None else describe(first)
                failing.append(f"{letter} is not within rounding of its equations: {problem}")
        return "; ".join(passing + failing)

    def _nearer(self) -> str:
        """Return in words in how many tensors each trace is nearer."""
        counts = self.counts
        if counts["nearer_a"] or counts["nearer_b"]:
            return f"A is nearer to the mathematics in {counts['nearer_a']} tensors, B in {counts['nearer_b']}"
        return "which is nearer to the mathematics cannot be decided, because the by-hand side rounds as much"

    def _inputs(self) -> str:
        """Return the names of the inputs that differ; those of the first step without the step."""
        names = self.against.other_inputs
        shown = ", ".join(name.removeprefix(in_step(1, "")) for name in names[:6])
        return shown + (f" and {len(names) - 6} more" if len(names) > 6 else "")

    def tables(self, short: bool = False) -> tuple[Table, ...]:
        """Return the tables; `short`: each tensor only in one step."""
        return self.sources(), self.tensors(short)

    def sources(self) -> Table:
        """Return a table of the two files and of the settings and versions in which they differ."""
        of_a, of_b = ({**trace.settings.to_dict(), **trace.environment} for trace in self.traces)
        rows = [("file", *self.names)]
        for name in of_a | of_b:
            if of_a.get(name) != of_b.get(name):
                rows.append((name, str(of_a.get(name, "")), str(of_b.get(name, ""))))
        a, b = ("within rounding" if result.passed else "not within rounding" for result in self.against.results)
        cells = tuple(tuple(map(Cell, row)) for row in (*rows, ("verdict", a, b)))
        return Table("The two traces and their differences", ("", "A", "B"), cells)

    def tensors(self, short: bool = False) -> Table:
        """Return a table with one row per tensor and step.

        `short`: each tensor only in one step, where it fails or else where the traces differ most.
        """
        pairs, title = self.against.pairs, "Tensor by tensor"
        several = self.traces[0].settings.steps > 1
        if short:
            pairs = _worst(pair for pair in pairs if not (pair.start and pair.passed))
            title += " (in the step with the largest difference)" if several else ""
        rows = []
        for pair in pairs:
            name = in_step(pair.step, pair.tensor) if several and not short else pair.tensor
            rows.append(tuple(Cell(text, strong=not pair.passed) for text in (name, *_texts(pair))))
        header = ("tensor", "equation", "verdict", "difference", "ulp", "same bits", "error A", "error B", "nearer")
        return Table(title, header, tuple(rows), frozenset(range(3, 8)), NOTE)

    def to_columns(self) -> Columns:
        """Return the content of comparisons.csv; indices count from 1, as in the essay."""
        rows = [_row(pair) for pair in self.against.pairs]
        return Columns("comparisons", {name: [row[name] for row in rows] for name in FIELDS})

    def to_report(self) -> Report:
        """Return the content of report.md."""
        inputs = "Both have the same X, y and first weights, bit for bit."
        if self.against.other_inputs:
            inputs = f"They have different inputs ({self._inputs()}), so that they differ by more than rounding."
        nearer = f"{share(self.counts)} have the same bits; {self._nearer()}."
        local = (
            "Each is compared with its equations on its own inputs, so that no error is counted twice. The tensors "
            "that a step begins with do not count."
        )
        return Report(self.headline, self.passed, (inputs, nearer, local), self.tables())

    def to_dict(self) -> dict[str, Any]:
        """Return the content of result.json."""
        a, b = (
            {"file": name, "passed": result.passed, "headline": result.headline}
            | {"settings": trace.settings.to_dict(), "environment": dict(trace.environment)}
            for name, result, trace in zip(self.names, self.against.results, self.traces, strict=True)
        )
        return {
            "schema": SCHEMA,
            "command": "trace",
            "passed": self.passed,
            "headline": self.headline,
            "a": a,
            "b": b,
            "counts": self.counts,
            "other_inputs": list(self.against.other_inputs),
            "network": described(self.traces[0].network),
            "comparisons": [_row(pair) for pair in self.against.pairs],
        }


def share(counts: dict[str, int]) -> str:
    """Return a text such as "83.1% of 553,022 numbers"; it says 100% only for all and 0% only for none."""
    same, numbers = counts["same_bits"], counts["numbers"]
    text = f"{100 * same / numbers if numbers else 0:.1f}"
    if 0 < same < numbers:
        text = {"0.0": "under 0.1", "100.0": "over 99.9"}.get(text, text)
    return f"{text}% of {numbers:,} numbers"


def _worst(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """Return each tensor in the step where it fails, or else where the traces differ most."""
    worst: dict[str, Pair] = {}
    for pair in pairs:
        worst[pair.tensor] = max(worst.get(pair.tensor, pair), pair, key=_rank)
    return tuple(worst.values())


def _rank(pair: Pair) -> tuple[bool, float]:
    """Return a value that is larger where a tensor fails, and the larger the more the traces differ."""
    return not pair.passed, -1.0 if math.isnan(pair.max_ulp) else pair.max_ulp


def _texts(pair: Pair) -> tuple[str, ...]:
    """Return the texts of a row of the table, after the name of the tensor."""
    verdict = pair.verdict_a if pair.verdict_a == pair.verdict_b else f"A {pair.verdict_a}, B {pair.verdict_b}"
    figures = {"max_difference": ".2e", "max_ulp": ".3g", "equal_bits": ".1%", "error_a": ".2e", "error_b": ".2e"}
    texts = (_number(getattr(pair, name), form) for name, form in figures.items())
    return (pair.equation, verdict, *texts, pair.nearer)


def _number(value: float, form: str) -> str:
    """Return a number as text: 0 without decimals, NaN as nothing."""
    return "" if math.isnan(value) else "0" if value == 0 else format(value, form)


def _row(pair: Pair) -> dict[str, Any]:
    """Return a row of comparisons.csv."""
    row = {name: getattr(pair, name) for name in FIELDS}
    return row | {"shape": "x".join(map(str, pair.shape)), "worst_index": index_text(pair.worst_index)}
