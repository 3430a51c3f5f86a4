"""Read which number the user asks for: dW1[2,3], with indices that count from 1 as in the essay.

A request that cannot be met raises Unusable with one sentence that says why.
"""

import difflib
import re
from collections.abc import Iterable

from verify.derive.case import DerivedStep
from verify.errors import Unusable

ADDRESS = re.compile(r"(?P<name>[A-Za-z]\w{0,60})\s*(?:\[(?P<index>[^\[\]]{0,80})\])?")


def parse_address(text: str) -> tuple[str, tuple[int, ...]]:
    """Return a tensor's name and its indices as typed.  Raises Unusable if the text has another form."""
    match = ADDRESS.fullmatch(text.strip())
    if match is None:
        raise Unusable(f"{text[:80]!r}: a tensor and its indices are needed, such as dW1[2,3], Z1[3] or C")
    try:
        index = tuple(int(part) for part in match["index"].split(",")) if match["index"] is not None else ()
    except ValueError:
        raise Unusable(f"{text[:80]!r}: its indices must be whole numbers, as in dW1[2,3]") from None
    return match["name"], index


def find_position(case: DerivedStep, tensor: str, index: tuple[int, ...]) -> tuple[int, ...]:
    """Return the position in the array, counted from 0.

    Raises Unusable if the trace has no such tensor, or the tensor no such index.
    """
    if tensor not in case.names:
        raise Unusable(f"{tensor}: the trace has no such tensor{_hint(tensor, case.names)}")
    shape = case.shape(tensor)
    # The user may leave out the row of a bias, or the example of a batch of one.
    full_index = (1, *index) if shape[:1] == (1,) and 1 <= len(index) == len(shape) - 1 else index
    if len(full_index) != len(shape):
        raise Unusable(f"{address(tensor, index)}: {_required_indices(tensor, shape)}")
    for i, n in zip(full_index, shape, strict=True):
        if not 1 <= i <= n:
            problem = f"{i} is not from 1 to {n}" if i else "the essay counts from 1, so there is no index 0"
            raise Unusable(f"{address(tensor, index)}: {problem}; {_required_indices(tensor, shape)}")
    return tuple(i - 1 for i in full_index)


def address(tensor: str, index: tuple[int, ...]) -> str:
    """Return the address of a number as the user types it: "dW1[2,3]", or "C" for a number without indices."""
    return f"{tensor}[{','.join(map(str, index))}]" if index else tensor


def _required_indices(tensor: str, shape: tuple[int, ...]) -> str:
    """Say how many indices the tensor has, and their ranges."""
    if not shape:
        return f"{tensor} is a single number, without indices"
    if len(shape) == 2 and shape[0] == 1:
        return f"{tensor} has one index, from 1 to {shape[1]}, as in {tensor}[{shape[1]}]"
    ranges = " and ".join(f"1 to {n}" for n in shape)
    return f"{tensor} has {len(shape)} indices, from {ranges}, as in {address(tensor, shape)}"


def _hint(tensor: str, names: Iterable[str]) -> str:
    """Return a hint with the most similar name, or "" if no name is similar."""
    by_lower = {name.lower(): name for name in reversed(list(names))}
    if tensor.lower() in by_lower:
        return f"; did you mean {by_lower[tensor.lower()]}?"
    similar = difflib.get_close_matches(tensor, list(by_lower.values()), n=1, cutoff=0.5)
    if not similar:
        lower = difflib.get_close_matches(tensor.lower(), list(by_lower), n=1, cutoff=0.3)
        similar = [by_lower[name] for name in lower]
    return f"; did you mean {similar[0]}?" if similar else ""
