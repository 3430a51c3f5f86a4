"""The result of verify.printed: the verdicts on equations and printed numbers, and the tables that show them."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reports.table import Cell, Columns, Report, Table
from verify.essay import equation_index
from verify.printed import consistency, equation_verdicts, layout
from verify.printed.consistency import Consistency, FigureVerdict
from verify.printed.equation_verdicts import EquationVerdict
from verify.printed.figures import grouped
from verify.printed.inferences import CHANCE, float32_share, initialisers, single_output
from verify.records.settings import Settings

SCHEMA = "byhand-printed/1"
EQUATION_COLUMNS = ("equation", "section", "form", "tensor", "verdict", "share_outside", "largest_ratio", "remark")
FIGURE_COLUMNS = ("place", "symbol", "index", "printed", "verdict", "by_equation", "with", "remark")


@dataclass(frozen=True)
class PrintedResult:
    """The result of a run.  `differences` names the verdicts that differ from the recorded ones; PASS means none."""

    settings: Settings
    environment: Mapping[str, str]
    equations: tuple[EquationVerdict, ...]
    consistency: Consistency
    differences: tuple[str, ...]
    command: str = "printed"

    @property
    def status(self) -> int:
        """The exit status: 0 for a pass, else 1."""
        return 0 if self.passed else 1

    @property
    def passed(self) -> bool:
        """True if every verdict is the recorded one."""
        return not self.differences

    @property
    def headline(self) -> str:
        """The result in a sentence that begins with PASS or FAIL."""
        if self.differences:
            more = f" (and {len(self.differences) - 1} more)" if len(self.differences) > 1 else ""
            return f"FAIL findings about the essay differ from the recorded ones: {self.differences[0]}{more}"
        misprints = {v.claim.equation for v in self.equations if v.verdict == "misprint"}
        total = {v.claim.equation for v in self.equations}
        return (
            f"PASS findings about the essay match the recorded ones: {len(misprints)} of {len(total)} equations have a "
            f"form that TensorFlow does not follow; of {len(self.consistency.verdicts)} printed numbers "
            f"{self.counts['consistent']} are consistent, {self.counts['refuted']} refuted, "
            f"{self.counts['untestable']} untestable"
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many equations and printed numbers have each verdict."""
        names = [v.verdict for v in self.equations] + [v.verdict for v in self.consistency.verdicts]
        return {name: names.count(name) for name in (*equation_verdicts.VERDICTS, *consistency.VERDICTS)}

    def findings(self) -> Table:
        """Return a table with a row for each error found in the essay: a wrong equation or refuted numbers."""
        rows = [*_misprints(self.equations), *_refuted(self.consistency.verdicts)]
        note = "outside: share of the elements that rounding cannot explain; ×: the largest error ÷ bound"
        return _table("Errors found in the essay", ("where", "what", "figures", "finding"), rows, note=note)

    def to_columns(self) -> tuple[Columns, Columns]:
        """Return the content of equations.csv and of figures.csv."""
        equations = [_equation(v) for v in self.equations]
        figures = [_figure(v) for v in self.consistency.verdicts]
        return (
            Columns("equations", {name: [row[name] for row in equations] for name in EQUATION_COLUMNS}),
            Columns("figures", {name: [row[name] for row in figures] for name in FIGURE_COLUMNS}),
        )

    def to_report(self) -> Report:
        """Return the content of report.md."""
        versions = ", ".join(f"{name} {version}" for name, version in self.environment.items())
        settings = ", ".join(f"{name} {value}" for name, value in self.settings.to_dict().items())
        lines = (
            "PASS means: each equation agrees, or disagrees, with TensorFlow as it did when the verdicts were "
            "recorded, and each printed number with the others. A misprint in the essay is a finding, not a failure.",
            f"Equations are evaluated on a handwritten digit and an empty sheet, on which every z is 0. Run with "
            f"{settings}. {versions}.",
            *self.differences,
        )
        details = (_equation_table(self.equations), _figure_table(self.consistency.verdicts))
        return Report(self.headline, self.passed, lines, (self.findings(), self.inferences(), *details))

    def to_page(self) -> Report:
        """Return the content of report.html: the report with the essay's own tables in place of the list of numbers."""
        report = self.to_report()
        findings, *others, _ = report.tables
        return replace(report, tables=(findings, *layout.tables(self.consistency.verdicts), *others))

    def inferences(self) -> Table:
        """Return the table of facts that the printed numbers show and the essay does not state."""
        return _table("Facts that the essay does not state", ("inference", "evidence"), inferences(self.consistency))

    def to_dict(self) -> dict[str, Any]:
        """Return the content of result.json."""
        return {
            "schema": SCHEMA,
            "command": self.command,
            "passed": self.passed,
            "headline": self.headline,
            "settings": self.settings.to_dict(),
            "environment": dict(self.environment),
            "counts": self.counts,
            "differences": list(self.differences),
            "equations": [_equation(v) for v in self.equations],
            "figures": [_figure(v) for v in self.consistency.verdicts],
            "inferences": [{"inference": fact, "evidence": e} for fact, e in inferences(self.consistency)],
        }


def inferences(essay: Consistency) -> Iterator[tuple[str, str]]:
    """Yield each fact that the printed numbers support, with its evidence."""
    best = essay.adam[0]
    if best.fits:
        others = [f for f in essay.adam if f.departures == 0 or (f is not best and f.agree)]
        evidence = [f"{f.name or 'Appendix A as printed'}: {f.size:.4g} and {f.agree} of {f.pairs}" for f in others]
        yield (
            f"η∇C was computed by Appendix A with: {best.name or 'nothing else'}",
            f"it gives {best.size:.4g} for a gradient of 1, and {best.agree} of {best.pairs} printed pairs of ∇C and "
            f"η∇C; {'; '.join(evidence)}",
        )
    if essay.draw.supported:
        yield from _draw_inferences(essay)
    for block in essay.blocks:
        here = "disagree" if not block.agree else f"agree only in {block.agree} of {block.tested}"
        yield (
            f"{block.symbol} of {block.place} is {block.really}",
            f"as {block.really} its numbers agree in {block.agree_there} of {block.tested_there} that can be tested; "
            f"as {block.symbol} they {here}",
        )
    printed = [v.printed for v in essay.verdicts]
    agree, total, chance = float32_share(printed)
    if total and agree == total and chance < CHANCE:
        yield (
            "the by-hand output of Table 6 was stored in float32",
            f"{agree} of {total} of its nine-digit numbers are float32 numbers; by chance {chance:.0e}",
        )
    explained, biases = single_output(printed)
    if biases and not explained:
        yield (
            "Table A-1 was not computed by (22d) as printed",
            f"no printed output j gives any of the {biases} ∂C/∂b(2) that are not 0",
        )


def _draw_inferences(essay: Consistency) -> Iterator[tuple[str, str]]:
    """Yield that all layers were drawn with one seed, and the initialiser if only one fits."""
    yield (
        "W(1), W(2) and W(3) were drawn from one stream of random numbers: every layer used the same seed",
        f"{essay.draw.agree} of {essay.draw.pairs} pairs of weights at the same place of two layers' draws agree "
        f"after scaling; by chance {essay.draw.chance:.0e}",
    )
    tried = initialisers([v.printed for v in essay.verdicts if v.verdict != "refuted"])
    fitting = [i for i in tried if i.fits]
    if len(fitting) == 1:
        others = "; ".join(f"{i.name}: {i.draw.agree}, {i.largest:.2f}" for i in tried if not i.fits)
        yield (
            f"the first weights are {fitting[0].name}",
            f"{fitting[0].draw.agree} of {fitting[0].draw.pairs} pairs agree and the largest weight is "
            f"{fitting[0].largest:.2f} of the limit; {others}",
        )


def _misprints(verdicts: Sequence[EquationVerdict]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each misprint.  The tensors with one remark on one equation share a row."""
    misprints = [v for v in verdicts if v.verdict == "misprint"]
    groups = grouped(misprints, lambda v: (v.claim.section, v.claim.equation, v.remark))
    for (section, equation, remark), group in groups.items():
        share = max(v.share_outside for v in group)
        ratio = max(v.largest_ratio for v in group)
        tensors = " … ".join(dict.fromkeys((group[0].claim.tensor, group[-1].claim.tensor)))
        figures = f"{share:.0%} outside, ×{_ratio(ratio)}"
        yield (section, f"({equation.removeprefix('App. A: ')}) {tensors}", figures, remark)


def _ratio(ratio: float) -> str:
    """Return an error ÷ bound with few digits."""
    return "∞" if math.isinf(ratio) else f"{ratio:.0e}" if ratio >= 1e4 else f"{ratio:.3g}"


def _refuted(verdicts: Sequence[FigureVerdict]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each refuted number.  More than two numbers of one symbol in one place share a row."""
    for (place, symbol), block in grouped(verdicts, lambda v: (v.printed.place, v.printed.symbol)).items():
        refuted = [v for v in block if v.verdict == "refuted"]
        if len(refuted) > 2:
            shared = [part for part in refuted[0].remark.split("; ") if all(part in v.remark for v in refuted)]
            yield (place, symbol, f"{len(refuted)} of {len(block)} refuted", "; ".join(shared))
        else:
            for v in refuted:
                yield (place, v.printed.name, f"{v.printed.text} refuted", v.remark)


def _equation(v: EquationVerdict) -> dict[str, Any]:
    """Return the row of an equation in equations.csv, by column."""
    return dict(
        zip(EQUATION_COLUMNS, (*v.claim.key, v.verdict, v.share_outside, v.largest_ratio, v.remark), strict=True)
    )


def _figure(v: FigureVerdict) -> dict[str, str]:
    """Return the row of a printed number in figures.csv, by column."""
    p = v.printed
    index = ",".join(map(str, p.index))
    row = (p.place, p.symbol, index, p.text, v.verdict, v.by_equation, layout.named(v, 8), v.remark)
    return dict(zip(FIGURE_COLUMNS, row, strict=True))


def _equation_table(verdicts: Sequence[EquationVerdict]) -> Table:
    """Return a table with a row for each form of each equation and each tensor."""
    header = ("equation", "section", "form", "tensor", "verdict", "outside", "error ÷ bound", "stated by", "remark")
    functions = {entry.equation: ", ".join(entry.functions) for entry in equation_index.index()}
    rows = []
    for v in verdicts:
        figures = ("", "") if math.isnan(v.share_outside) else (f"{v.share_outside:.1%}", _ratio(v.largest_ratio))
        rows.append((*v.claim.key, v.verdict, *figures, functions.get(v.claim.equation, ""), v.remark))
    note = "outside: share of the elements that rounding cannot explain; error ÷ bound: the largest such ratio"
    table = _table("Every equation, each form, each tensor", header, rows, note, strong="misprint")
    return replace(table, numeric=frozenset({5, 6}), sortable=True)


def _figure_table(verdicts: Sequence[FigureVerdict]) -> Table:
    """Return a table with a row for each printed number."""
    header = ("place", "symbol", "index", "printed", "verdict", "by", "with", "remark")
    rows = (tuple(_figure(v).values()) for v in verdicts)
    return replace(_table("Every printed number", header, rows, strong="refuted"), numeric=frozenset({3}))


def _table(
    title: str, header: tuple[str, ...], rows: Iterable[tuple[str, ...]], note: str = "", strong: str | None = None
) -> Table:
    """Return a table of texts.  A row that has the text `strong` is strong."""
    return Table(title, header, tuple(tuple(Cell(text, strong in row) for text in row) for row in rows), note=note)
