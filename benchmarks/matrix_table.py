"""The table of the environment matrix: a row for each release and set of flags."""

import io
import math
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.record import Cell as Value
from benchmarks.record import Column, Measurement, finish
from reports import as_csv, as_html, as_markdown, terminal
from reports.table import Cell, Columns, Report, Table
from verify.cli.console import say_all
from verify.compare.wording import describe
from verify.errors import Unusable
from verify.records.trace import Trace
from verify.results.files import write_all
from verify.results.result import Result
from verify.trace.against import Against, against
from verify.trace.against_result import share

FIELDS = (
    "release", "keras", "numpy", "flags", "verdict", "utilisation", "tensor", "same_bits", "numbers", "nearer_first",
    "nearer", "remark",
)  # fmt: skip
MATRIX = Measurement(
    "matrix",
    "TensorFlow releases and flags",
    "The same three steps of 32 digits, captured under several TensorFlow releases and flags, each release with the "
    "newest Keras of its time. Used: the largest error ÷ bound, and in which tensor. Same bits: the share of numbers "
    "with the bits of the first row of the same precision. Nearer: in how many tensors this row is nearer to the "
    "mathematics than that row, and in how many that row is. Shares are cut, not rounded.",
    (
        *(Column(name) for name in ("TensorFlow", "Keras", "NumPy", "flags", "verdict")),
        Column("used", format=".3f"),
        Column("in"),
        Column("same bits", format=".1%"),
        Column("nearer"),
    ),
)


@dataclass(frozen=True)
class Entry:
    """One capture, or why there is none."""

    release: str
    flags: str
    trace: Trace | None
    why: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the table; `first` is what its bits are compared with: the first trace of its precision."""

    entry: Entry
    first: Entry | None = None
    found: Against | None = None
    remark: str = ""

    @property
    def result(self) -> Result | None:
        """The verification of this capture, or None."""
        return self.found.results[1] if self.found else None

    @property
    def passed(self) -> bool:
        """True if there is a capture and every number in it is within rounding."""
        return self.result is not None and self.result.passed

    def values(self) -> dict[str, str | int | float]:
        """Return the values by the names of FIELDS."""
        environment = self.entry.trace.environment if self.entry.trace else {}
        known: dict[str, str | int | float] = dict.fromkeys(FIELDS, "")
        known |= {"release": self.entry.release, "flags": self.entry.flags, "remark": self.remark or self.entry.why}
        known |= {name: environment.get(name, "") for name in ("keras", "numpy")}
        known["verdict"] = "FAIL" if self.entry.trace else "not captured"
        if self.result is None or self.found is None:
            return known
        worst = max(self.result.local, key=lambda c: (not c.passed, c.utilisation))
        counted = [pair for pair in self.found.pairs if not pair.start]
        nearer = [pair.nearer for pair in counted]
        known |= {"verdict": "PASS" if self.passed else "FAIL", "utilisation": worst.utilisation}
        known |= {"tensor": worst.tensor, "numbers": sum(pair.elements for pair in counted)}
        known |= {"same_bits": sum(pair.same for pair in counted)}
        known |= {"nearer_first": nearer.count("A"), "nearer": nearer.count("B")}
        return known


def judged(entries: Sequence[Entry]) -> tuple[Row, ...]:
    """Compare each capture with its equations and with the first of its precision (the first with itself)."""
    first: dict[str, Entry] = {}
    rows = []
    for entry in entries:
        if entry.trace is None:
            rows.append(Row(entry))
            continue
        other = first.setdefault(entry.trace.settings.dtype, entry)
        assert other.trace is not None
        try:
            found = against(other.trace, entry.trace)
        except Unusable as error:
            rows.append(Row(entry, other, None, str(error)))
            continue
        result = found.results[1]
        remark = "" if result.first_divergence is None else describe(result.first_divergence)
        if found.other_inputs:
            remark = f"given other {', '.join(found.other_inputs[:3])}; {remark}".rstrip("; ")
        rows.append(Row(entry, other, found, remark))
    return tuple(rows)


def write(entries: Sequence[Entry], out: Path, record: bool = False) -> int:
    """Judge the captures, write the reports and print the table; return 0 if all are within rounding, else 1."""
    rows = judged(entries)
    report = to_report(rows)
    values = [row.values() for row in rows]
    columns = Columns("matrix", {name: [value[name] for value in values] for name in FIELDS})
    contents = {"report.md": as_markdown.render(report).encode(), "report.html": as_html.render(report).encode()}
    write_all(out, contents | {"matrix.csv": as_csv.render(columns)}, "--out")
    shown = (pivot(rows), *(() if report.passed else (table([row for row in rows if not row.passed]),)))
    say_all(report.headline, report.passed, shown, f"Reports: {out / 'report.html'}, report.md, matrix.csv")
    if record:
        finish(MATRIX, [_recorded(row) for row in rows], record, f"```\n{_printed(report)}```")
    return 0 if report.passed else 1


def _printed(report: Report) -> str:
    """Return the headline and the first table as the command prints them."""
    text = io.StringIO()
    to = terminal.console(text)
    terminal.headline(to, report.headline, report.passed)
    terminal.table(to, report.tables[0])
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _recorded(row: Row) -> list[Value]:
    """Return the texts of the row, with the two shares as numbers."""
    texts: list[Value] = list(_texts(row))
    if row.found:
        texts[5] = float(_used(row))
        if row.first is not row.entry:
            value = row.values()
            texts[7] = math.floor(1000 * int(value["same_bits"]) / max(int(value["numbers"]), 1)) / 1000
    return texts


def to_report(rows: Sequence[Row]) -> Report:
    """Return the report: a headline and both tables."""
    releases = len({row.entry.release for row in rows})
    good = sum(row.passed for row in rows)
    passed = bool(rows) and good == len(rows)
    word = "PASS" if passed else "FAIL"
    headline = f"{word} {good} of {len(rows)} captures under {releases} TensorFlow releases are within rounding"
    line = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}."
    return Report(headline, passed, (line,), (pivot(rows), table(rows)))


def pivot(rows: Sequence[Row]) -> Table:
    """Return the table with a row for each release and a column for each set of flags."""
    flags = tuple(dict.fromkeys(row.entry.flags for row in rows))
    cells = {(row.entry.release, row.entry.flags): Cell(_short(row), strong=not row.passed) for row in rows}
    made = {row.entry.release: row.values()["keras"] for row in rows if row.entry.trace}
    lines = tuple(
        (Cell(f"{release}, {made[release]}" if release in made else release), *(cells[release, flag] for flag in flags))
        for release in dict.fromkeys(row.entry.release for row in rows)
    )
    note = (
        "verdict; the largest share used of what rounding allows; share of numbers with the bits of the first of its "
        "precision; both shares cut, not rounded"
    )
    return Table("TensorFlow releases and flags", ("TensorFlow, Keras", *flags), lines, frozenset(), note)


def _short(row: Row) -> str:
    value = row.values()
    if not row.found:
        return str(value["verdict"])
    percent = 100 * int(value["same_bits"]) // max(int(value["numbers"]), 1)
    return f"{value['verdict']} {_used(row).removeprefix('0')} {percent}%"


def _used(row: Row) -> str:
    """Return the largest error ÷ bound, cut so that a value below 1 does not read as 1."""
    used = float(row.values()["utilisation"])
    return f"{math.floor(used * 1000) / 1000:.3f}" if math.isfinite(used) else str(used)


def table(rows: Sequence[Row]) -> Table:
    """Return the table with a row for each capture."""
    header = ("TensorFlow", "Keras", "NumPy", "flags", "verdict", "used", "in", "same bits", "nearer")
    note = (
        "used: the largest share of what rounding allows, and in which tensor; same bits: as the first row of the same "
        "precision; nearer: to the mathematics than that row is, in so many tensors, and in how many it is that row"
    )
    lines = tuple(tuple(Cell(text, strong=not row.passed) for text in _texts(row)) for row in rows)
    return Table("Each capture", header, lines, frozenset({5, 7}), note)


def _texts(row: Row) -> tuple[str, ...]:
    value = row.values()
    verdict = f"{value['verdict']}: {value['remark']}" if value["remark"] else str(value["verdict"])
    if row.entry.trace is None:
        verdict = row.entry.why
    head = (*(str(value[name]) for name in ("release", "keras", "numpy", "flags")), verdict)
    if not row.found:
        return (*head, "", "", "", "")
    if row.first is row.entry:
        return (*head, _used(row), str(value["tensor"]), "the first", "")
    equal = share({name: int(value[name]) for name in ("same_bits", "numbers")}).partition(" of ")[0]
    nearer = f"{value['nearer']} : {value['nearer_first']}"
    return (*head, _used(row), str(value["tensor"]), equal, nearer)
