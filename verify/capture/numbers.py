"""Read a number that a person gave as an option of Keras's."""

from typing import Any


def number(name: str, value: Any) -> float:
    """Return the value of an option.  Raises ValueError, naming the option, if it is no number; a text is none."""
    try:
        return float("no number" if isinstance(value, str) else value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} must be a number, not {value!r}") from error
