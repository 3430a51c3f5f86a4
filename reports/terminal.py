"""Print headlines, tables and progress bars; colours and bars appear only on a terminal."""

import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, TextIO

from rich.console import Console
from rich.progress import Progress, TextColumn
from rich.table import Table as RichTable
from rich.text import Text

from reports.plain import plain
from reports.table import Table

WIDEST = 100
SHORT = 24  # columns of texts up to this length are not folded


def console(file: TextIO | None = None) -> Console:
    """Return a console of at most 100 columns; it has exactly 100 if the output is not a terminal."""
    output = Console(file=file or sys.stdout, highlight=False, markup=False, emoji=False)
    output.width = min(output.width, WIDEST) if output.is_terminal else WIDEST
    return output


@contextmanager
def progress(text: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar with the time left, on a terminal only; yield a function that takes (done, total)."""
    to = console(sys.stderr)
    with Progress(*Progress.get_default_columns(), console=to, disable=not to.is_terminal, transient=True) as bar:
        task = bar.add_task(text, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def paced(text: str, unit: str, every: float = 30.0) -> Iterator[Callable[[int, int, str], None]]:
    """Show a bar with rate and time left; without a terminal, print a line at most every `every` seconds.

    Yield a function that takes (done, total, remark).
    """
    to = console(sys.stderr)
    columns = (*Progress.get_default_columns(), TextColumn("{task.fields[rate]}{task.fields[remark]}"))
    begin, first, said = time.monotonic(), -1, time.monotonic()
    with Progress(*columns, console=to, disable=not to.is_terminal, transient=True) as bar:
        task = bar.add_task(text, total=None, rate="", remark="")

        def advance(done: int, total: int, remark: str = "") -> None:
            nonlocal first, said
            now = time.monotonic()
            first = done if first < 0 else first
            pace = (done - first) / max(now - begin, 1e-9)
            rate = f"{pace:.1f} {unit} a second" if pace else ""
            bar.update(task, completed=done, total=total, rate=rate, remark=f" {remark}" if remark else "")
            if not to.is_terminal and now - said >= every:
                said = now
                left = f", {rate}, {(total - done) / pace:.0f} s left" if pace else ""
                end = f"; {remark}" if remark else ""
                print(f"{text}: {done:,} of {total:,}{left}{end}", file=sys.stderr, flush=True)

        yield advance


def headline(to: Console, text: str, passed: bool) -> None:
    """Print the headline, its first word in colour."""
    word, _, rest = plain(text).partition(" ")
    to.print(Text(word, style="bold green" if passed else "bold red") + Text(f" {rest}", style="bold"))


def table(to: Console, value: Table) -> None:
    """Print a table, its title above and its note below.

    To avoid folding, long headers are broken into two lines, and columns stand closer.
    """
    texts = [[plain(cell.text) for cell in row] for row in value.rows]
    names = [plain(name) for name in value.header]
    lengths = [max((len(row[i]) for row in texts), default=0) for i in range(len(names))]
    if sum(map(max, map(len, names), lengths)) + 2 * (len(names) - 1) > to.width:
        halves = [max(longest, len(name) // 2 + 1) for name, longest in zip(names, lengths, strict=True)]
        names = [textwrap.fill(name, half, break_long_words=False) for name, half in zip(names, halves, strict=True)]
    widths = [max(longest, *map(len, name.split("\n"))) for name, longest in zip(names, lengths, strict=True)]
    close = sum(widths) + len(widths) - 1 <= to.width < sum(widths) + 2 * (len(widths) - 1)
    gap = (0, 1 if close else 2, 0, 0)
    title = Text(plain(value.title), style="italic")
    grid = RichTable(title=title, title_justify="left", box=None, padding=gap, pad_edge=False)
    room = sum(n + 2 for n in lengths[:-1] if n <= SHORT) <= to.width * 3 // 4
    for index, (name, longest) in enumerate(zip(names, lengths, strict=True)):
        side: Literal["left", "right"] = "right" if index in value.numeric else "left"
        whole = room and len(name) <= longest <= SHORT and index < len(names) - 1
        grid.add_column(name, justify=side, overflow="fold", no_wrap=whole)
    for row, shown in zip(value.rows, texts, strict=True):
        grid.add_row(*(Text(t, style="bold red" if c.strong else "") for c, t in zip(row, shown, strict=True)))
    to.print(grid)
    if value.note:
        to.print(plain(value.note), style="dim")
