"""The console: headline first, tables, where the files are; and a moving sign while something takes seconds."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.text import Text

from reports import terminal
from reports.plain import plain
from reports.table import Table
from verify.cli.output import Output


def say_all(headline: str, passed: bool, tables: Iterable[Table], where: str, text: str = "") -> None:
    """Print the headline, tables, `text` as it is, and `where` the files are. A failing output changes no verdict."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        to = terminal.console()
        if headline:
            terminal.headline(to, headline, passed)
        for table in tables:
            terminal.table(to, table)
        for line in (*text.splitlines(), *([where] if where else [])):
            to.print(Text(plain(line)), soft_wrap=True)
        sys.stdout.flush()
    except (OSError, SystemExit):  # whoever read it has gone, or there is no room: rich exits on a broken pipe
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)


def tell(
    headline: str, passed: bool, options: Output, tables: Iterable[Table], names: Iterable[str], text: str = ""
) -> int:
    """Print the headline and, unless --quiet, tables or text and the names of the files.  Returns exit status 0 or 1.

    Of the files report.html is named first, with its folder.
    """
    where = ", ".join([f"Reports: {options.out / 'report.html'}", *names])
    if options.quiet:
        say_all(headline, passed, (), "")
    else:
        say_all(headline, passed, tables, where, text)
    return 0 if passed else 1


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show a moving sign while something takes seconds, on a terminal only."""
    to = terminal.console(sys.stderr)
    if not to.is_terminal:
        yield
        return
    with to.status(text + " …"):
        yield
