"""The result of verify.printed: the verdicts on equations and printed numbers, and the tables that show them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reports.table import Cell, Columns, Report, Table
from verify.essay import equation_index
from verify.printed import consistency, equation_verdicts, layout
from verify.printed.consistency import Consistency, FigureVerdict
from verify.printed.equation_verdicts import EquationVerdict
from verify.printed.figures import Printed
from verify.printed.inferences import float32_share, initialisers, single_output
from verify.records.settings import Settings

SCHEMA = "byhand-printed/1"
WITH = 8  # how many of the numbers behind a verdict are named


@dataclass(frozen=True)
class PrintedResult:
    """The result of a run.  `differences` names the verdicts that differ from the recorded ones; PASS means none."""

    settings: Settings
    environment: Mapping[str, str]
    equations: tuple[EquationVerdict, ...]
    trial: Consistency
    differences: tuple[str, ...]
    command: str = "printed"

    @property
    def passed(self) -> bool:
        """True if every verdict is the recorded one."""
        return not self.differences

    @property
    def headline(self) -> str:
        """The result in a sentence that begins with PASS or FAIL."""
        if self.differences:
            more = f" (and {len(self.differences) - 1} more)" if len(self.differences) > 1 else ""
            return f"FAIL a verdict on the essay is not the one on record: {self.differences[0]}{more}"
        count = self.trial.count
        misprints = {v.claim.equation for v in self.equations if v.verdict == "misprint"}
        total = {v.claim.equation for v in self.equations}
        return (
            f"PASS every verdict on the essay is the one on record: {len(misprints)} of {len(total)} equations have a "
            f"form that TensorFlow does not follow; of {len(self.trial.verdicts)} printed numbers "
            f"{count('consistent')} are consistent, {count('refuted')} refuted, {count('untestable')} untestable"
        )

    def findings(self) -> Table:
        """Return a table with a row for each error found in the essay: a wrong equation or refuted numbers."""
        rows = [*_misprints(self.equations), *_refuted(self.trial.verdicts)]
        header = ("where", "what", "figures", "finding")
        note = "outside: share of the elements that rounding cannot explain; ×: the largest error over what is allowed"
        return Table("What cannot be taken as printed", header, tuple(tuple(map(Cell, row)) for row in rows), note=note)

    def to_columns(self) -> tuple[Columns, Columns]:
        """Return the content of equations.csv and of figures.csv."""
        rows = [(*v.key, v.verdict, v.share_outside, v.largest_ratio, v.remark) for v in self.equations]
        names = ("equation", "section", "form", "tensor", "verdict", "share_outside", "largest_ratio", "remark")
        figures = [_figure(v) for v in self.trial.verdicts]
        fields = ("place", "symbol", "index", "printed", "verdict", "by_equation", "with", "remark")
        return (
            Columns("equations", {n: [row[i] for row in rows] for i, n in enumerate(names)}),
            Columns("figures", {n: [row[i] for row in figures] for i, n in enumerate(fields)}),
        )

    def to_report(self) -> Report:
        """Return the content of report.md."""
        names = ", ".join(f"{name} {version}" for name, version in self.environment.items())
        chosen = ", ".join(f"{name} {value}" for name, value in self.settings.to_dict().items())
        lines = (
            "PASS means: each equation agrees, or disagrees, with TensorFlow as it did when the verdicts were "
            "recorded, and each printed number with the others. A misprint in the essay is a finding, not a failure.",
            f"Equations are evaluated on a handwritten digit and an empty sheet, on which every z is 0. Run with "
            f"{chosen}. {names}.",
            *self.differences,
        )
        details = (_equation_table(self.equations), _figure_table(self.trial.verdicts))
        return Report(self.headline, self.passed, lines, (self.findings(), self.inferences(), *details))

    def to_page(self) -> Report:
        """Return the content of report.html: the report with the essay's own tables in place of the list of numbers."""
        report = self.to_report()
        findings, *rest, _ = report.tables
        return replace(report, tables=(findings, *layout.tables(self.trial.verdicts), *rest))

    def inferences(self) -> Table:
        """Return the table of facts that the printed numbers show and the essay does not state."""
        rows = tuple((Cell(claim), Cell(evidence)) for claim, evidence in inferences(self.trial))
        return Table("What the printed numbers say beyond the essay", ("inference", "evidence"), rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of result.json."""
        equations, figures = self.to_columns()
        return {
            "schema": SCHEMA, "command": self.command, "passed": self.passed, "headline": self.headline,
            "settings": self.settings.to_dict(), "environment": dict(self.environment), "counts": self.counts(),
            "differences": list(self.differences), "equations": _records(equations), "figures": _records(figures),
            "inferences": [{"inference": claim, "evidence": e} for claim, e in inferences(self.trial)],
        }  # fmt: skip

    def counts(self) -> dict[str, int]:
        """Return how many equations and printed numbers have each verdict."""
        counts = {name: sum(v.verdict == name for v in self.equations) for name in equation_verdicts.VERDICTS}
        return counts | {name: self.trial.count(name) for name in consistency.VERDICTS}


def inferences(found: Consistency) -> Iterator[tuple[str, str]]:
    """Yield each fact that the printed numbers support, with its evidence."""
    printed = [v.printed for v in found.verdicts]
    standing = [v.printed for v in found.verdicts if v.verdict != "refuted"]
    best = found.adam[0] if found.adam else None
    if best and best.fits:
        others = [f for f in found.adam if f.departures == 0 or (f is not best and f.agree)]
        evidence = "; ".join(
            f"{f.name or 'Appendix A as printed'}: {f.size:.4g} and {f.agree} of {f.pairs}" for f in others
        )
        yield (
            f"η∇C was computed by Appendix A with: {best.name or 'nothing else'}",
            f"it gives {best.size:.4g} for a gradient of 1, and {best.agree} of {best.pairs} printed pairs of ∇C and "
            f"η∇C; {evidence}",
        )
    if found.draw.supported:
        yield (
            "W(1), W(2) and W(3) were drawn from one stream of random numbers: every layer used the same seed",
            f"{found.draw.agree} of {found.draw.pairs} pairs of weights at the same place of two layers' draws agree "
            f"after scaling; by chance {found.draw.chance:.0e}",
        )
        tried = initialisers(standing)
        fitting = [i for i in tried if i.fits]
        if len(fitting) == 1:
            rest = "; ".join(f"{i.name}: {i.draw.agree}, {i.largest:.2f}" for i in tried if not i.fits)
            yield (
                f"the first weights are {fitting[0].name}",
                f"{fitting[0].draw.agree} of {fitting[0].draw.pairs} pairs agree and the largest weight is "
                f"{fitting[0].largest:.2f} of the limit; {rest}",
            )
    for block in found.blocks:
        here = "disagree" if not block.agree else f"agree only in {block.agree} of {block.tested}"
        yield (
            f"{block.symbol} of {block.place} is {block.really}",
            f"as {block.really} its numbers agree in {block.agree_there} of {block.tested_there} that can be tested; "
            f"as {block.symbol} they {here}",
        )
    agree, of, chance = float32_share(printed)
    if of and agree == of and chance < 1e-6:
        yield (
            "the by-hand output of Table 6 was held in float32",
            f"{agree} of {of} of its nine-digit numbers are float32 numbers; by chance {chance:.0e}",
        )
    explained, biases = single_output(printed)
    if biases and not explained:
        yield (
            "Table A-1 was not computed by (22d) as printed",
            f"no printed output j gives any of the {biases} ∂C/∂b(2) that are not 0",
        )


def _misprints(verdicts: Sequence[EquationVerdict]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each misprint.  The tensors with one remark on one equation share a row."""
    groups: dict[tuple[str, str, str], list[EquationVerdict]] = {}
    for v in verdicts:
        if v.verdict == "misprint":
            groups.setdefault((v.claim.section, v.claim.equation, v.remark), []).append(v)
    for (section, equation, remark), group in groups.items():
        share = max(v.share_outside for v in group)
        ratio = max(v.largest_ratio for v in group)
        tensors = [v.claim.tensor for v in group]
        shown = tensors[0] if len(tensors) == 1 else f"{tensors[0]} … {tensors[-1]}"
        figures = f"{share:.0%} outside, ×{_ratio(ratio)}"
        yield (section, f"({equation.removeprefix('App. A: ')}) {shown}", figures, remark)


def _ratio(ratio: float) -> str:
    """Return an error/bound with few digits."""
    return "∞" if math.isinf(ratio) else f"{ratio:.0e}" if ratio >= 1e4 else f"{ratio:.3g}"


def _refuted(verdicts: Sequence[FigureVerdict]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each refuted number.  More than two numbers of one symbol in one place share a row."""
    groups: dict[tuple[str, str], list[FigureVerdict]] = {}
    sizes: dict[tuple[str, str], int] = {}
    for v in verdicts:
        key = (v.printed.place, v.printed.symbol)
        sizes[key] = sizes.get(key, 0) + 1
        if v.verdict == "refuted":
            groups.setdefault(key, []).append(v)
    for (place, symbol), group in groups.items():
        if len(group) > 2:
            shared = [part for part in group[0].remark.split("; ") if all(part in v.remark for v in group)]
            yield (place, symbol, f"{len(group)} of {sizes[place, symbol]} refuted", "; ".join(shared))
        else:
            for v in group:
                yield (place, v.printed.name, f"{v.printed.text} refuted", v.remark)


def _figure(v: FigureVerdict) -> tuple[str, ...]:
    """Return the row of a printed number in figures.csv."""
    p = v.printed
    index = ",".join(map(str, p.index))
    return (p.place, p.symbol, index, p.text, v.verdict, v.by_equation, _named(v.support), v.remark)


def _named(support: Sequence[Printed]) -> str:
    """Return the first printed numbers behind a verdict as text, and how many more there are."""
    named = "; ".join(str(p) for p in support[:WITH])
    return f"{named}; and {len(support) - WITH} more" if len(support) > WITH else named


def _equation_table(verdicts: Sequence[EquationVerdict]) -> Table:
    """Return a table with a row for each form of each equation and each tensor."""
    header = ("equation", "section", "form", "tensor", "verdict", "outside", "error/allowed", "stated by", "remark")
    functions = {entry.equation: entry.functions for entry in equation_index.index()}
    rows = []
    for v in verdicts:
        figures = ("", "") if math.isnan(v.share_outside) else (f"{v.share_outside:.1%}", _ratio(v.largest_ratio))
        stated = ", ".join(functions.get(v.claim.equation, ()))
        texts = (*v.key, v.verdict, *figures, stated, v.remark)
        rows.append(tuple(Cell(text, strong=v.verdict == "misprint") for text in texts))
    note = "outside: share of the elements that rounding cannot explain; error/allowed: the largest such ratio"
    return Table("Every equation, each form, each tensor", header, tuple(rows), frozenset({5, 6}), note, sortable=True)


def _figure_table(verdicts: Sequence[FigureVerdict]) -> Table:
    """Return a table with a row for each printed number."""
    header = ("place", "symbol", "index", "printed", "verdict", "by", "with", "remark")
    rows = tuple(tuple(Cell(text, strong=v.verdict == "refuted") for text in _figure(v)) for v in verdicts)
    return Table("Every printed number", header, rows, frozenset({3}))


def _records(columns: Columns) -> list[dict[str, Any]]:
    """Return columns as a list of rows, each a dictionary by column name."""
    rows = zip(*columns.columns.values(), strict=True)
    return [dict(zip(columns.columns, row, strict=True)) for row in rows]
