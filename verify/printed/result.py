"""The result of verify.printed: verdicts on equations and printed numbers, and the tables that show them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reports.table import Cell, Columns, Report, Table
from verify.essay import equation_index as index
from verify.printed import consistency as trial
from verify.printed import equation_verdicts as equations
from verify.printed import layout as laid_out
from verify.printed.consistency import Trial, Verdict
from verify.printed.equation_verdicts import EquationVerdict
from verify.printed.figures import Printed
from verify.printed.inferences import float32_share, initialisers, single_output
from verify.records.settings import Settings

SCHEMA = "byhand-printed/1"
WITH = 8  # so many of the numbers that a verdict rests on are named


@dataclass(frozen=True)
class PrintedResult:
    """`differences` are the verdicts that are not those on record; none is PASS."""

    settings: Settings
    environment: Mapping[str, str]
    equations: tuple[EquationVerdict, ...]
    trial: Trial
    differences: tuple[str, ...]
    command: str = "printed"

    @property
    def passed(self) -> bool:
        return not self.differences

    @property
    def headline(self) -> str:
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
        """What a reader of the essay wants to know: each wrong form and each refuted number, in a line."""
        rows = [*_misprints(self.equations), *_refuted(self.trial.verdicts)]
        header = ("where", "what", "figures", "finding")
        note = "outside: share of the elements that rounding cannot explain; ×: the largest error over what is allowed"
        return Table("What cannot be taken as printed", header, tuple(tuple(map(Cell, row)) for row in rows), note=note)

    def to_columns(self) -> tuple[Columns, Columns]:
        """equations.csv and figures.csv."""
        rows = [(*v.key[:1], *v.key[1:], v.verdict, v.share_outside, v.largest_ratio, v.remark) for v in self.equations]
        names = ("equation", "section", "form", "tensor", "verdict", "share_outside", "largest_ratio", "remark")
        figures = [_figure(v) for v in self.trial.verdicts]
        fields = ("place", "symbol", "index", "printed", "verdict", "by_equation", "with", "remark")
        return (
            Columns("equations", {n: [row[i] for row in rows] for i, n in enumerate(names)}),
            Columns("figures", {n: [row[i] for row in figures] for i, n in enumerate(fields)}),
        )

    def to_report(self) -> Report:
        names = ", ".join(f"{name} {version}" for name, version in self.environment.items())
        chosen = ", ".join(f"{name} {value}" for name, value in self.settings.to_dict().items())
        lines = (
            "PASS means: each equation agrees, or disagrees, with TensorFlow as it did when the verdicts were "
            "recorded, and each printed number with the others. A misprint in the essay is a finding, not a failure.",
            f"Equations are evaluated on a handwritten digit and an empty sheet, on which every z is 0. Run with "
            f"{chosen}. {names}.",
            *self.differences,
        )
        return Report(
            self.headline, self.passed, lines,
            (self.findings(), self.inferences(), _equation_table(self.equations), _figure_table(self.trial.verdicts)),
        )  # fmt: skip

    def to_page(self) -> Report:
        """The same with the essay's own tables, number by number, in place of one long list."""
        report = self.to_report()
        findings, *rest, _ = report.tables
        return replace(report, tables=(findings, *laid_out.tables(self.trial.verdicts), *rest))

    def inferences(self) -> Table:
        """What the numbers say of the essay's run beyond what it says."""
        rows = tuple((Cell(claim), Cell(evidence)) for claim, evidence in inferences(self.trial))
        return Table("What the printed numbers say beyond the essay", ("inference", "evidence"), rows)

    def to_dict(self) -> dict[str, Any]:
        """Return the content of result.json."""
        equations_, figures = self.to_columns()
        return {
            "schema": SCHEMA, "command": self.command, "passed": self.passed, "headline": self.headline,
            "settings": self.settings.to_dict(), "environment": dict(self.environment), "counts": self.counts(),
            "differences": list(self.differences), "equations": _records(equations_), "figures": _records(figures),
            "inferences": [{"inference": claim, "evidence": e} for claim, e in inferences(self.trial)],
        }  # fmt: skip

    def counts(self) -> dict[str, int]:
        found = {name: sum(v.verdict == name for v in self.equations) for name in equations.VERDICTS}
        return found | {name: self.trial.count(name) for name in trial.VERDICTS}


def inferences(found: Trial) -> Iterator[tuple[str, str]]:
    """Each with the figures that support it; only what the printed numbers do support."""
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
    given, biases = single_output(printed)
    if biases and not given:
        yield (
            "Table A-1 was not computed by (22d) as printed",
            f"no printed output j gives any of the {biases} ∂C/∂b(2) that are not 0",
        )


def _misprints(found: Sequence[EquationVerdict]) -> Iterator[tuple[str, ...]]:
    groups: dict[tuple[str, str, str], list[EquationVerdict]] = {}
    for v in found:
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
    return "∞" if math.isinf(ratio) else f"{ratio:.0e}" if ratio >= 1e4 else f"{ratio:.3g}"


def _refuted(verdicts: Sequence[Verdict]) -> Iterator[tuple[str, ...]]:
    """One number a line; a block of them in one."""
    groups: dict[tuple[str, str], list[Verdict]] = {}
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


def _figure(v: Verdict) -> tuple[str, ...]:
    p = v.printed
    at = ",".join(map(str, p.index))
    return (p.place, p.symbol, at, p.text, v.verdict, v.by_equation, _named(v.support), v.remark)


def _named(support: Sequence[Printed]) -> str:
    named = "; ".join(str(p) for p in support[:WITH])
    return f"{named}; and {len(support) - WITH} more" if len(support) > WITH else named


def _equation_table(found: Sequence[EquationVerdict]) -> Table:
    header = ("equation", "section", "form", "tensor", "verdict", "outside", "error/allowed", "stated by", "remark")
    functions = {entry.equation: entry.functions for entry in index.index()}
    rows = []
    for v in found:
        figures = ("", "") if math.isnan(v.share_outside) else (f"{v.share_outside:.1%}", _ratio(v.largest_ratio))
        stated = ", ".join(functions.get(v.claim.equation, ()))
        texts = (*v.key, v.verdict, *figures, stated, v.remark)
        rows.append(tuple(Cell(text, strong=v.verdict == "misprint") for text in texts))
    note = "outside: share of the elements that rounding cannot explain; error/allowed: the largest such ratio"
    return Table("Every equation, each form, each tensor", header, tuple(rows), frozenset({5, 6}), note, sortable=True)


def _figure_table(verdicts: Sequence[Verdict]) -> Table:
    header = ("place", "symbol", "index", "printed", "verdict", "by", "with", "remark")
    rows = tuple(tuple(Cell(text, strong=v.verdict == "refuted") for text in _figure(v)) for v in verdicts)
    return Table("Every printed number", header, rows, frozenset({3}))


def _records(columns: Columns) -> list[dict[str, Any]]:
    rows = zip(*columns.columns.values(), strict=True)
    return [dict(zip(columns.columns, row, strict=True)) for row in rows]
