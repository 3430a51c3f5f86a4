"""Which matrix a printed block really is: the other matrices it could be, each judged by the same equations."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from verify.printed.figures import RUN, Printed, Quantity, shape_of
from verify.printed.hitting_sets import settle
from verify.printed.inferences import FEWEST
from verify.printed.propagation import State


@dataclass(frozen=True)
class Block:
    """The numbers printed for one symbol in one place, and how many agree with what it is said to be, or might be.

    `tested` counts those that the other printed numbers put between two ends.
    """

    place: str
    symbol: str
    agree: int
    tested: int
    really: str
    agree_there: int
    tested_there: int


def relabelled(base: State, kept: Mapping[int, Printed], printed: Sequence[Printed]) -> Iterator[Block]:
    """Blocks that disagree with their own symbol and agree, in every number that can be tested, with another."""
    symbols = sorted({p.symbol for p in printed if p.scope == RUN})
    blocks: dict[tuple[str, str], list[Printed]] = {}
    for p in printed:
        if p.scope == RUN:
            blocks.setdefault((p.place, p.symbol), []).append(p)
    refuted = {p for p in printed if p not in kept.values()}
    for (place, symbol), numbers in blocks.items():
        if len(numbers) < FEWEST or not refuted & set(numbers):
            continue
        rest = settle(base, {bit: p for bit, p in kept.items() if (p.place, p.symbol) != (place, symbol)})
        agree, tested = _count(rest, numbers, symbol)
        best = max(
            ((*_count(rest, numbers, other), other) for other in symbols if other != symbol),
            key=lambda found: (found[0] == found[1], found[0], -len(found[2])),
        )
        if best[1] >= FEWEST and best[0] == best[1] and best[0] * tested > agree * best[1]:
            yield Block(place, symbol, agree, tested, best[2], best[0], best[1])


def _count(state: State, numbers: Sequence[Printed], symbol: str) -> tuple[int, int]:
    """How many of the numbers lie where the state puts this symbol, and how many it puts anywhere."""
    agree = tested = 0
    for p in numbers:
        quantity = _moved(p, symbol)
        box = state[quantity] if quantity else None
        if box is not None and math.isfinite(box.low.at) and math.isfinite(box.high.at) and box.support:
            tested += 1
            agree += p.low <= box.high.at and box.low.at <= p.high
    return agree, tested


def _moved(p: Printed, symbol: str) -> Quantity | None:
    """The same place of another matrix: the last row and column of one are the last of the other."""
    own, other = shape_of(p.symbol), shape_of(symbol)
    if own is None or other is None or len(p.index) != len(other) or len(own) != len(other):
        return None
    index = tuple(n if i == m else i for i, m, n in zip(p.index, own, other, strict=True))
    return (p.scope, symbol, index) if all(i <= n for i, n in zip(index, other, strict=True)) else None
