"""The result of comparing two traces: headline, tables and files."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from reference.tensor_names import in_step, split_step
from reports.table import Cell, Columns, Report, Table
from verify.compare.tensor import PASSING
from verify.compare.wording import describe, index_text
from verify.records.trace import Trace
from verify.records.trace_file import described
from verify.trace.against import UNTOLD, Against, Pair

SCHEMA = "byhand-against/1"
NAMES = [field.name for field in fields(Pair)]
FIELDS = (
    *NAMES[: NAMES.index("start")],
    *NAMES[NAMES.index("verdict_a") : NAMES.index("elements")],
    "equal_bits",
    *NAMES[NAMES.index("max_difference") :],
)
NOTE = (
    "verdict: of each against its equation, on its own inputs; apart: the largest difference between the two; ulp: the "
    "largest in units in the last place; same bits: share of numbers; error: mean distance from the equation; nearer: "
    "whose mean error is smaller; untold: by less than the by-hand side's own rounding"
)


@dataclass(frozen=True)
class AgainstResult:
    """The result of comparing two traces. `names` are the names of the two files, as given."""

    names: tuple[str, str]
    traces: tuple[Trace, Trace]
    found: Against

    @property
    def passed(self) -> bool:
        """True if both traces are within rounding of their equations."""
        return all(result.passed for result in self.found.results)

    @cached_property
    def counted(self) -> tuple[Pair, ...]:
        """The pairs, without the tensors that a step begins with: these are equal in any case."""
        return tuple(pair for pair in self.found.pairs if not pair.start)

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
        counts, said = self.counts, "the two agree within rounding"
        if self.found.other_inputs:
            said = f"both are within rounding of their equations, but {self._inputs()}"
        elif counts["same_bits"] == counts["numbers"]:
            return f"PASS the two have the same bits in all {counts['numbers']:,} numbers, and are within rounding"
        return f"PASS {said}: {share(counts)} have the same bits; {self._nearer()}"

    def _failure(self) -> str:
        texts = []
        for letter, result in zip("AB", self.found.results, strict=True):
            first = result.first_divergence
            if not result.passed:
                texts.append(f"{letter} is not: {'nothing was compared' if first is None else describe(first)}")
        good = [f"{letter} is" for letter, result in zip("AB", self.found.results, strict=True) if result.passed]
        return "not both are within rounding of their equations: " + "; ".join((*good, *texts))

    def _nearer(self) -> str:
        counts = self.counts
        if counts["nearer_a"] or counts["nearer_b"]:
            return f"A is nearer to the mathematics in {counts['nearer_a']} tensors, B in {counts['nearer_b']}"
        return "which is nearer to the mathematics cannot be told: the by-hand side rounds as much"

    def _inputs(self) -> str:
        names = self.found.other_inputs
        shown = ", ".join(split_step(name)[1] if split_step(name)[0] == 1 else name for name in names[:6])
        return f"they were given other {shown}" + (f" and {len(names) - 6} more" if len(names) > 6 else "")

    def sources(self) -> Table:
        """Return a table of the two files and of the settings and versions in which they differ."""
        here, there = ({**trace.settings.to_dict(), **trace.environment} for trace in self.traces)
        rows = [("file", *self.names)]
        for name in dict.fromkeys((*here, *there)):
            if here.get(name) != there.get(name):
                rows.append((name, str(here.get(name, "")), str(there.get(name, ""))))
        a, b = ("within rounding" if result.passed else "not within rounding" for result in self.found.results)
        cells = tuple(tuple(map(Cell, row)) for row in (*rows, ("verdict", a, b)))
        return Table("The two traces, and in what they differ", ("", "A", "B"), cells)

    def tensors(self, short: bool = False) -> Table:
        """Return a table with one row per tensor and step.

        `short`: each tensor only in one step, where it fails or else where the traces differ most.
        """
        pairs = self.found.pairs
        if short:
            pairs = _worst(pair for pair in pairs if not pair.start or not _passes(pair))
        several = self.traces[0].settings.steps > 1 and not short
        rows = tuple(tuple(Cell(text, strong=not _passes(pair)) for text in _texts(pair, several)) for pair in pairs)
        header = ("tensor", "equation", "verdict", "apart", "ulp", "same bits", "error A", "error B", "nearer")
        furthest = short and self.traces[0].settings.steps > 1
        title = "Tensor by tensor" + (" (in the step where it is furthest apart)" if furthest else "")
        return Table(title, header, rows, frozenset(range(3, 8)), NOTE)

    def to_columns(self) -> Columns:
        """Return the content of comparisons.csv; indices count from 1, as in the essay."""
        rows = [_row(pair) for pair in self.found.pairs]
        return Columns("comparisons", {name: [row[name] for row in rows] for name in FIELDS})

    def to_report(self) -> Report:
        """Return the content of report.md."""
        inputs = "Both were given the same X, y and first weights, bit for bit."
        if self.found.other_inputs:
            inputs = (
                f"Not the same was given to them: {self._inputs()}. What separates the two is then not rounding alone."
            )
        nearer = f"{share(self.counts)} have the same bits; {self._nearer()}."
        local = (
            "Each is compared with its equations on its own inputs, so that no error is counted twice; what a step "
            "begins with does not count."
        )
        return Report(self.headline, self.passed, (inputs, nearer, local), (self.sources(), self.tensors()))

    def to_dict(self) -> dict[str, Any]:
        """Return the content of result.json."""
        sides = [
            {
                "file": name,
                "passed": result.passed,
                "headline": result.headline,
                "settings": trace.settings.to_dict(),
                "environment": dict(trace.environment),
            }
            for name, result, trace in zip(self.names, self.found.results, self.traces, strict=True)
        ]
        return {
            "schema": SCHEMA,
            "command": "trace",
            "passed": self.passed,
            "headline": self.headline,
            "a": sides[0],
            "b": sides[1],
            "counts": self.counts,
            "other_inputs": list(self.found.other_inputs),
            "network": described(self.traces[0].network),
            "comparisons": [_row(p) for p in self.found.pairs],
        }


def share(counts: dict[str, int]) -> str:
    """Return a text such as "83.1% of 553,022 numbers"; it says 100% only for all and 0% only for none."""
    same, numbers = counts["same_bits"], counts["numbers"]
    text = f"{100 * same / numbers if numbers else 0:.1f}"
    if 0 < same < numbers:
        text = {"0.0": "under 0.1", "100.0": "over 99.9"}.get(text, text)
    return f"{text}% of {numbers:,} numbers"


def _passes(pair: Pair) -> bool:
    return pair.verdict_a in PASSING and pair.verdict_b in PASSING


def _worst(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    worst: dict[str, Pair] = {}
    for pair in pairs:
        before = worst.get(pair.tensor)
        if before is None or _rank(pair) > _rank(before):
            worst[pair.tensor] = pair
    return tuple(worst.values())


def _rank(pair: Pair) -> tuple[bool, float]:
    return not _passes(pair), -1.0 if math.isnan(pair.max_ulp) else pair.max_ulp


def _texts(pair: Pair, several: bool) -> tuple[str, ...]:
    verdict = pair.verdict_a if pair.verdict_a == pair.verdict_b else f"A {pair.verdict_a}, B {pair.verdict_b}"
    return (
        in_step(pair.step, pair.tensor) if several else pair.tensor,
        pair.equation,
        verdict,
        _number(pair.max_difference, ".2e"),
        _number(pair.max_ulp, ".3g"),
        _number(pair.equal_bits, ".1%"),
        _number(pair.error_a, ".2e"),
        _number(pair.error_b, ".2e"),
        pair.nearer,
    )


def _number(value: float, form: str) -> str:
    return "" if math.isnan(value) else "0" if value == 0 else format(value, form)


def _row(pair: Pair) -> dict[str, Any]:
    row = {name: getattr(pair, name) for name in FIELDS}
    return row | {"shape": "x".join(map(str, pair.shape)), "worst_index": index_text(pair.worst_index)}
