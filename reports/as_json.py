"""Write JSON as a file: UTF-8, without control characters, which a terminal would obey."""

import json
import math
from collections.abc import Mapping
from typing import Any


def render(content: Any) -> bytes:
    r"""Return the bytes of a JSON file; equal contents give equal bytes.

    JSON has no NaN and no infinity: NaN becomes null, infinity becomes text. Only quoted texts have characters beyond
    ASCII, so every character that is not printable can be written as \uXXXX.
    """
    text = json.dumps(_finite(content), indent=1, ensure_ascii=False, allow_nan=False)
    return ("".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text) + "\n").encode()


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value
