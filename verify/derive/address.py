"""Which number is meant: dW1[2,3], counted from 1 as in the essay. What is wrong with it is said in one sentence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from verify.derive.case import Case
from verify.errors import Unusable

FORM = re.compile(r"(?P<name>[A-Za-z]\w{0,60})\s*(?:\[(?P<index>[^\[\]]{0,80})\])?")


def parse(text: str) -> tuple[str, tuple[int, ...]]:
    """A tensor's name and its indices as typed.  Raises Unusable."""
    found = FORM.fullmatch(text.strip())
    if found is None:
        raise Unusable(f"{text[:80]!r}: a tensor and its indices are needed, such as dW1[2,3], Z1[3] or C")
    try:
        index = tuple(int(part) for part in found["index"].split(",")) if found["index"] is not None else ()
    except ValueError:
        raise Unusable(f"{text[:80]!r}: its indices must be whole numbers, as in dW1[2,3]") from None
    return found["name"], index


def place(case: Case, tensor: str, index: tuple[int, ...]) -> tuple[int, ...]:
    """The place in the array, from 0.  Raises Unusable for a tensor or an index that there is not."""
    if tensor not in case.names:
        raise Unusable(f"{tensor}: the trace has no such tensor{_nearest(tensor, case.names)}")
    shape = case.own_shape(tensor)
    whole = _completed(index, shape, tensor)
    if whole is None:
        raise Unusable(f"{written(tensor, index)}: {_needed(tensor, shape)}")
    for i, n in zip(whole, shape, strict=True):
        if i == 0:
            raise Unusable(f"{written(tensor, index)}: the essay counts from 1, so there is no index 0; "
                           f"{_needed(tensor, shape)}")  # fmt: skip
        if not 1 <= i <= n:
            raise Unusable(f"{written(tensor, index)}: {i} is not from 1 to {n}; {_needed(tensor, shape)}")
    return tuple(i - 1 for i in whole)


def written(tensor: str, index: tuple[int, ...]) -> str:
    return f"{tensor}[{','.join(map(str, index))}]" if index else tensor


def _completed(index: tuple[int, ...], shape: tuple[int, ...], tensor: str) -> tuple[int, ...] | None:
    """With the row that a batch of one, or a bias, leaves out; None for a wrong number of indices."""
    if len(shape) == 2 and shape[0] == 1 and len(index) == 1:
        return (1, *index)
    return index if len(index) == len(shape) else None


def _needed(tensor: str, shape: tuple[int, ...]) -> str:
    """What its indices are."""
    if not shape:
        return f"{tensor} is a single number, without indices"
    if len(shape) == 2 and shape[0] == 1:
        return f"{tensor} has one index, from 1 to {shape[1]}, as in {tensor}[{shape[1]}]"
    ends = " and ".join(f"1 to {n}" for n in shape)
    return f"{tensor} has {len(shape)} indices, from {ends}, as in {written(tensor, shape)}"


def _nearest(tensor: str, names: Iterable[str]) -> str:
    """A hint: the name that looks most like it."""
    by_lower = {name.lower(): name for name in reversed(list(names))}
    if tensor.lower() in by_lower:
        return f"; did you mean {by_lower[tensor.lower()]}?"
    close = difflib.get_close_matches(tensor, list(by_lower.values()), n=1, cutoff=0.5)
    close = close or [by_lower[n] for n in difflib.get_close_matches(tensor.lower(), list(by_lower), n=1, cutoff=0.3)]
    return f"; did you mean {close[0]}?" if close else ""
