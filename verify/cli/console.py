"""Print the headline, tables and file paths of a command, and a spinner while something takes seconds."""

import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from reports import terminal
from reports.plain import plain
from reports.table import Table


@dataclass(frozen=True)
class Output:
    """`out` is the folder of the reports; `quiet`: the headline only; `verbose`: TensorFlow's own messages too."""

    out: Path
    quiet: bool = False
    verbose: bool = False


def say_all(headline: str, passed: bool, tables: Iterable[Table], where: str, text: str = "") -> None:
    """Print a headline, tables, the lines of `text`, and the line `where`.

    Nothing is raised if the output cannot be written, so that the exit status remains that of the verdict.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        console = terminal.console()
        if headline:
            terminal.headline(console, headline, passed)
        for table in tables:
            terminal.table(console, table)
        for line in (*text.splitlines(), *([where] if where else [])):
            console.print(Text(plain(line)), soft_wrap=True)
        sys.stdout.flush()
    except (OSError, SystemExit):  # the reader has gone, or the disc is full; rich exits on a broken pipe
        with open(os.devnull, "w") as null:
            os.dup2(null.fileno(), 1)


def tell(
    headline: str, passed: bool, options: Output, tables: Iterable[Table], names: Iterable[str], text: str = ""
) -> int:
    """Print the headline and, unless --quiet, tables, text and the names of the files.  Returns exit status 0 or 1.

    The files are report.html, named with its folder, and those of `names`.
    """
    if options.quiet:
        say_all(headline, passed, (), "")
    else:
        say_all(headline, passed, tables, ", ".join([f"Reports: {options.out / 'report.html'}", *names]), text)
    return 0 if passed else 1


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show a spinner and the text inside the `with` block, on a terminal only."""
    console = terminal.console(sys.stderr)
    with console.status(text + " …") if console.is_terminal else nullcontext():
        yield
