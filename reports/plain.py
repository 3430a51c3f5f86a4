"""Text from elsewhere (file names, labels), so that whoever prints it prints one line and nothing else.

Escape sequences, backspaces, marks that turn the direction of reading, halves of a pair that no encoding has: none
of them reaches a terminal, a page or a table as what it is, but as Python would write it.
"""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def plain(text: str) -> str:
    """The text on one line, every character in it visible or a space."""
    if text.isprintable():
        return text
    return "".join(" " if c.isspace() else c if c.isprintable() else ascii(c)[1:-1] for c in text)


def no_formula(text: str) -> str:
    """A cell of text that no spreadsheet runs: an apostrophe before what it would. Numbers stay numbers."""
    if not text.startswith(FORMULA) or _is_number(text):
        return text
    return "'" + text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
