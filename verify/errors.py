"""Exceptions that end a command without a verdict, each printed as one sentence on stderr, and a warning."""

from collections.abc import Sequence


class Unusable(Exception):
    """The request or an input cannot be used: exit status 2. The text names the option or file."""


class Unverifiable(Exception):
    """Nothing could be verified: exit status 3."""


class DivergenceWarning(UserWarning):
    """TensorFlow did not compute what the equations say in a training step, or the step could not be verified."""


class Unsupported(Unusable):
    """A model has parts that By Hand does not verify. `rows` names each of them, and says why; so does the text."""

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        self.rows = tuple(rows)
        super().__init__("\n".join(f"UNSUPPORTED {what}: {why}" for what, why in self.rows))

    @property
    def summary(self) -> str:
        """The first row, and how many more there are."""
        more = f" (and {len(self.rows) - 1} more)" if len(self.rows) > 1 else ""
        return str(self).partition("\n")[0] + more
