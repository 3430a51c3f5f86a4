r"""Make text from outside (file names, labels) safe to print: it becomes one line of visible characters.

Escape sequences, backspaces, marks that change the direction of reading and lone surrogates never reach a terminal, a
page or a table. They appear as Python would write them, such as \x1b.
"""

FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def plain(text: str) -> str:
    """Return the text on one line, with only visible characters and spaces."""
    if text.isprintable():
        return text
    return "".join(" " if c.isspace() else c if c.isprintable() else ascii(c)[1:-1] for c in text)


def no_formula(text: str) -> str:
    """Return the text, after an apostrophe if a spreadsheet would run it as a formula. Numbers stay unchanged."""
    if not text.startswith(FORMULA) or _is_number(text):
        return text
    return "'" + text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
