"""Exceptions that end a command without a verdict; each is printed as one sentence on stderr."""

from collections.abc import Sequence


class Unusable(Exception):
    """The request or an input cannot be used: exit status 2. The text names the option or file."""


class Unverifiable(Exception):
    """Nothing could be verified: exit status 3."""


class Unsupported(Unusable):
    """A model has parts that By Hand does not verify. `rows` names each of them, and says why."""

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        self.rows = tuple(rows)
        what, why = self.rows[0]
        more = f" (and {len(self.rows) - 1} more)" if len(self.rows) > 1 else ""
        super().__init__(f"UNSUPPORTED {what}: {why}{more}")
