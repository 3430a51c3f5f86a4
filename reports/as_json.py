"""JSON as a file: UTF-8, and no character in it that a terminal would obey."""

from __future__ import annotations

import json
from typing import Any


def render(content: Any) -> bytes:
    """The same content gives the same bytes.  Raises ValueError for NaN and infinity, which JSON does not have.

    Beyond ASCII only text within quotes has characters, so whatever is not to be seen becomes \\uXXXX there.
    """
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    return ("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text) + "\n").encode()
