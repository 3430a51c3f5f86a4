"""Exit statuses: turn what a command raises into one sentence and a number."""

import sys
from collections.abc import Callable, Sequence

from reports.plain import plain
from reports.table import Cell, Table
from verify.cli.console import say_all
from verify.errors import Unsupported, Unusable, Unverifiable


def guarded(main: Callable[[Sequence[str] | None], int], argv: Sequence[str] | None = None) -> int:
    """Run the main function of a command; return its exit status. Print what it raises as one sentence on stderr."""
    try:
        return main(argv)
    except Unusable as error:
        status, text = 2, f"error: {error}"
        if isinstance(error, Unsupported):
            text = f"error: {error.summary}"
            rows = tuple(tuple(map(Cell, ("UNSUPPORTED", what, why))) for what, why in error.rows)
            table = Table("What By Hand does not verify", ("verdict", "what", "why"), rows)
            say_all("", False, (table,), "")
    except Unverifiable as error:
        status, text = 3, f"error: could not verify: {error}"
    except KeyboardInterrupt as stop:
        status, text = 130, str(stop) or "interrupted"
    print(plain(text), file=sys.stderr)
    return status
