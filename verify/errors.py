"""How a command can end other than by a verdict; each is one sentence on stderr."""

from __future__ import annotations

from collections.abc import Sequence


class Unusable(Exception):
    """The request or an input cannot be used: exit status 2. The text names the option or file."""


class Unverifiable(Exception):
    """Nothing could be verified: exit status 3."""


class Unsupported(Unusable):
    """A model holds what By Hand does not verify. `rows`: each such thing, and why; all of them, not the first."""

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        self.rows = tuple(rows)
        what, why = self.rows[0]
        more = f" (and {len(self.rows) - 1} more)" if len(self.rows) > 1 else ""
        super().__init__(f"UNSUPPORTED {what}: {why}{more}")
