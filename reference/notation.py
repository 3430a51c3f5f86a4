"""Values as short texts and back: "adam", "sgd(learning_rate=0.5, momentum=0.9)". They go into traces and reports.

The text of a value names what differs from its kind's defaults, in the order of its fields.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

LONGEST = 2000  # characters of a text


def parse(text: str, kinds: Mapping[str, Callable[..., Any]]) -> Any:
    """The value a text describes.  Raises ValueError naming what it does not know; runs nothing."""
    try:
        if len(text) > LONGEST:
            raise ValueError("too long")
        found = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError(f"{text[:80]!r} is not of the form name(word=value, ...)") from None
    try:
        return _value(found, kinds)
    except RecursionError:
        raise ValueError(f"{text[:80]!r} is not of the form name(word=value, ...)") from None


def _value(node: ast.expr, kinds: Mapping[str, Callable[..., Any]]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple):
        return tuple(_value(x, kinds) for x in node.elts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and _is_number(node.operand):
        return -node.operand.value  # type: ignore[attr-defined]
    if isinstance(node, ast.Name):
        return _made(node.id, {}, kinds)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.args:
        words = {str(k.arg): _value(k.value, kinds) for k in node.keywords}
        return _made(node.func.id, words, kinds)
    raise ValueError(f"{ast.unparse(node)[:80]!r} is not a name, a number, or name(word=value, ...)")


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def check_numbers(value: Any) -> None:
    """Raise ValueError unless every field of a frozen dataclass that has a number by default, or must have, has one."""
    for field in fields(value):
        given = getattr(value, field.name)
        if isinstance(field.default, bool):
            fits = type(given) is bool
        else:
            fits = all(_is_finite(x) for x in (given if isinstance(given, tuple) else (given,)))
        if not fits and not (callable(given) and is_dataclass(given)):
            raise ValueError(f"{field.name} of {value.name} must be {_kind(field.default)}, not {given!r}")


def _is_finite(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)


def _kind(default: Any) -> str:
    return "True or False" if isinstance(default, bool) else "a number"


def _made(name: str, words: dict[str, Any], kinds: Mapping[str, Callable[..., Any]]) -> Any:
    if name not in kinds:
        raise ValueError(f"{name!r} is not one of {', '.join(kinds)}")
    try:
        return kinds[name](**words)
    except TypeError:
        raise ValueError(f"{name} does not take {', '.join(words)}") from None


def text_of(name: str, value: Any) -> str:
    """The text of a frozen dataclass, under this name; nested ones have a `name` of their own."""
    changed = [
        f"{f.name}={_text(getattr(value, f.name))}" for f in fields(value) if getattr(value, f.name) != f.default
    ]
    return f"{name}({', '.join(changed)})" if changed else name


def _text(value: Any) -> str:
    return text_of(str(value.name), value) if is_dataclass(value) else repr(value)  # type: ignore[union-attr]
