"""The essay's numbers in the layout of the essay, each with its verdict and the reason, for the HTML page."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reports.table import Cell, Mark, Table
from verify.printed.consistency import FigureVerdict
from verify.printed.figures import grouped

MARKS: dict[str, Mark] = {"consistent": "good", "refuted": "bad", "untestable": "open"}
NO_INDEX = -1  # the column of numbers without an index
LEGEND = (
    "✓ consistent with the other printed numbers, ✗ refuted by them, ? untestable. The reason appears when a number is "
    "pointed at or has the focus: the tab key reaches a table, the arrow keys its numbers."
)


def tables(verdicts: Sequence[FigureVerdict]) -> Iterator[Table]:
    """Yield a table for each place of the essay that prints numbers, in the order of the essay."""
    note = LEGEND
    for place, there in grouped(verdicts, lambda v: v.printed.place).items():
        yield replace(_table(place, there), note=note)
        note = ""


def _table(place: str, verdicts: Sequence[FigureVerdict]) -> Table:
    """Return the table of one place.  A row of a matrix becomes a row of the table."""
    rows: dict[tuple[str, str, int], dict[int, FigureVerdict]] = {}
    for v in verdicts:
        p, copy = v.printed, 0
        i = str(p.index[0]) if len(p.index) == 2 else ""
        j = p.index[-1] if p.index else NO_INDEX
        while j in rows.get((p.symbol, i, copy), {}):  # the essay prints some numbers twice in one place
            copy += 1
        rows.setdefault((p.symbol, i, copy), {})[j] = v
    columns = sorted({j for row in rows.values() for j in row})
    heads = ["value" if j == NO_INDEX else f"j = {j}" for j in columns]
    cells = tuple(
        (Cell(symbol), Cell(i), *(_cell(row[j]) if j in row else Cell("") for j in columns))
        for (symbol, i, _), row in rows.items()
    )
    counts = Counter(v.verdict for v in verdicts)
    count = ", ".join(f"{counts[verdict]} {verdict}" for verdict in MARKS if verdict in counts)
    title = place if place.startswith(("Table", "Appendix", "After", "Illustration")) else f"Section {place}"
    return Table(f"{title}: {count}", ("", "i", *heads), cells, frozenset(range(1, 2 + len(heads))))


def _cell(v: FigureVerdict) -> Cell:
    """Return the cell of one printed number."""
    return Cell(v.printed.text, strong=v.verdict == "refuted", mark=MARKS[v.verdict], hint=reason(v))


def reason(v: FigureVerdict) -> str:
    """Return a sentence that gives the reason for a verdict."""
    equation = f" by {v.by_equation}" if v.by_equation else ""
    support = f", with {named(v, 3)}" if v.support else ""
    return f"{v.printed.name}: {v.verdict}{equation}{support}. {v.remark}".rstrip()


def named(v: FigureVerdict, most: int) -> str:
    """Return the printed numbers behind a verdict as text: the first ones, and how many more there are."""
    names = [str(p) for p in v.support[:most]]
    more = [f"and {len(v.support) - most} more"] if len(v.support) > most else []
    return "; ".join(names + more)
