"""Find printed blocks with a wrong name: their numbers agree with another matrix of the run."""

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
    """A block of numbers, printed for one symbol in one place, that agrees better with the symbol `really`.

    Under its own symbol, `agree` of the `tested` numbers agree; as `really`, `agree_there` of the `tested_there`. A
    number can be tested if the other printed numbers give it a lower and an upper bound.
    """

    place: str
    symbol: str
    agree: int
    tested: int
    really: str
    agree_there: int
    tested_there: int


def relabelled(base: State, kept: Mapping[int, Printed], printed: Sequence[Printed]) -> Iterator[Block]:
    """Yield blocks that disagree with their own symbol, and of which every tested number agrees with another."""
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
        agree_there, tested_there, really = max(
            ((*_count(rest, numbers, other), other) for other in symbols if other != symbol),
            key=lambda count: (count[0] == count[1], count[0], -len(count[2])),
        )
        if tested_there >= FEWEST and agree_there == tested_there and agree_there * tested > agree * tested_there:
            yield Block(place, symbol, agree, tested, really, agree_there, tested_there)


def _count(state: State, numbers: Sequence[Printed], symbol: str) -> tuple[int, int]:
    """Return how many numbers agree with the state if they are read as this symbol, and how many can be tested."""
    agree = tested = 0
    for p in numbers:
        quantity = _moved(p, symbol)
        box = state[quantity] if quantity else None
        if box is not None and math.isfinite(box.low.at) and math.isfinite(box.high.at) and box.support:
            tested += 1
            agree += p.low <= box.high.at and box.low.at <= p.high
    return agree, tested


def _moved(p: Printed, symbol: str) -> Quantity | None:
    """Return the quantity at the position of `p` in another tensor, or None if there is none.

    The last row and column of one matrix correspond to the last row and column of the other.
    """
    own, other = shape_of(p.symbol), shape_of(symbol)
    if own is None or other is None or len(p.index) != len(other) or len(own) != len(other):
        return None
    index = tuple(n if i == m else i for i, m, n in zip(p.index, own, other, strict=True))
    return (p.scope, symbol, index) if all(i <= n for i, n in zip(index, other, strict=True)) else None
