"""Values as short texts and back: "adam", "sgd(learning_rate=0.5, momentum=0.9)". Traces and reports hold these texts.

The text names the fields that differ from their defaults, in the order of the fields.
"""

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

LONGEST = 20_000  # characters of a text


def parse(text: str, kinds: Mapping[str, Callable[..., Any]]) -> Any:
    """Return the value that a text describes, without running any code.  Raises ValueError, naming what is unknown."""
    try:
        if len(text) > LONGEST:
            raise ValueError("too long")
        expression = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError(f"{text[:80]!r} is not of the form name(word=value, ...)") from None
    try:
        return _value(expression, kinds)
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
        return _instance(node.id, {}, kinds)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.args:
        arguments = {str(k.arg): _value(k.value, kinds) for k in node.keywords}
        return _instance(node.func.id, arguments, kinds)
    raise ValueError(f"{ast.unparse(node)[:80]!r} is not a name, a number, or name(word=value, ...)")


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def check_numbers(value: Any) -> None:
    """Check the fields of a frozen dataclass: True or False where that is the default, else a number or a schedule.

    Raises ValueError, naming the field.
    """
    for field in fields(value):
        setting = getattr(value, field.name)
        if isinstance(field.default, bool):
            fits = type(setting) is bool
        elif isinstance(field.default, tuple):
            fits = type(setting) is tuple and all(isinstance(x, str) and x.isprintable() for x in setting)
        else:
            fits = all(_is_finite(x) for x in (setting if isinstance(setting, tuple) else (setting,)))
        is_rate = is_dataclass(setting) and not hasattr(setting, "learning_rate")  # a schedule, not an optimizer
        if not fits and not is_rate:
            raise ValueError(f"{field.name} of {value.name} must be {_kind(field.default)}, not {setting!r}")


def _is_finite(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)


def _kind(default: Any) -> str:
    if isinstance(default, tuple):
        return "a tuple of names"
    return "True or False" if isinstance(default, bool) else "a number"


def _instance(name: str, arguments: dict[str, Any], kinds: Mapping[str, Callable[..., Any]]) -> Any:
    if name not in kinds:
        raise ValueError(f"{name!r} is not one of {', '.join(kinds)}")
    try:
        return kinds[name](**arguments)
    except TypeError:
        raise ValueError(f"{name} does not take {', '.join(arguments)}") from None


def text_of(name: str, value: Any) -> str:
    """Return the text of a frozen dataclass under this name; a nested dataclass uses its own `name`."""
    ordered = sorted(fields(value), key=lambda f: bool(f.kw_only))
    changed = [f"{f.name}={_text(getattr(value, f.name))}" for f in ordered if getattr(value, f.name) != f.default]
    return f"{name}({', '.join(changed)})" if changed else name


def _text(value: Any) -> str:
    return text_of(str(value.name), value) if is_dataclass(value) else repr(value)  # type: ignore[union-attr]
