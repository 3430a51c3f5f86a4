"""The essay's numbers as it lays them out, each with its verdict and the reason: for the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reports.table import Cell, Mark, Table
from verify.printed.consistency import Verdict

MARKS: dict[str, Mark] = {"consistent": "good", "refuted": "bad", "untestable": "open"}
ALONE = -1  # the column of a number without an index
WITH = 3  # so many of the numbers that a verdict rests on are named
LEGEND = (
    "✓ consistent with the other printed numbers, ✗ refuted by them, ? untestable. The reason appears when a number is "
    "pointed at or has the focus: the tab key reaches a table, the arrow keys its numbers."
)


def tables(verdicts: Sequence[Verdict]) -> Iterator[Table]:
    """A table for each place of the essay that prints numbers, in its order; a row of a matrix is a row here."""
    for number, place in enumerate(dict.fromkeys(v.printed.place for v in verdicts)):
        table = _table(place, [v for v in verdicts if v.printed.place == place])
        yield table if number else replace(table, note=LEGEND)


def _table(place: str, here: Sequence[Verdict]) -> Table:
    columns = sorted({v.printed.index[-1] for v in here if v.printed.index})
    alone = any(not v.printed.index for v in here)
    rows: dict[tuple[str, str, int], dict[int, Verdict]] = {}
    for v in here:
        p, again = v.printed, 0
        i = str(p.index[0]) if len(p.index) == 2 else ""
        j = p.index[-1] if p.index else ALONE
        while j in rows.get((p.symbol, i, again), {}):  # the essay prints some numbers twice in one place
            again += 1
        rows.setdefault((p.symbol, i, again), {})[j] = v
    heads = (*("value" for _ in range(alone)), *(f"j = {j}" for j in columns))
    places = [ALONE, *columns] if alone else columns
    made = tuple(
        (Cell(symbol), Cell(i), *(_cell(row[j]) if j in row else Cell("") for j in places))
        for (symbol, i, _), row in rows.items()
    )
    found = [v.verdict for v in here]
    count = ", ".join(f"{found.count(verdict)} {verdict}" for verdict in MARKS if verdict in found)
    title = place if place.startswith(("Table", "Appendix", "After", "Illustration")) else f"Section {place}"
    return Table(f"{title}: {count}", ("", "i", *heads), made, frozenset(range(1, 2 + len(heads))))


def _cell(v: Verdict) -> Cell:
    return Cell(v.printed.text, strong=v.verdict == "refuted", mark=MARKS[v.verdict], hint=reason(v))


def reason(v: Verdict) -> str:
    """Why a number has its verdict, in a sentence."""
    by = f" by {v.by_equation}" if v.by_equation else ""
    named = "; ".join(str(p) for p in v.support[:WITH])
    more = f" and {len(v.support) - WITH} more" if len(v.support) > WITH else ""
    rests = f", with {named}{more}" if named else ""
    return f"{v.printed.name}: {v.verdict}{by}{rests}. {v.remark}".rstrip()
