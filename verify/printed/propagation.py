"""Intervals of real quantities, narrowed by constraints, each bound with the printed numbers it rests on.

A *support* is a set of printed numbers as the bits of an integer. A bound that no constraint and no print
gives rests on nothing. Where a lower bound passes an upper one, the supports of the two together are a
set of printed numbers that cannot all be right. The constraints that led there are kept likewise, as bits:
they alone show the contradiction again.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from verify.printed.figures import Printed, Quantity

SLACK = 1e-12  # relative: covers the float64 arithmetic of the bounds themselves
WORTH = 2e-2  # a bound that moves by less than this share of what is left is left where it is

OFTEN = 12  # so many times a quantity may move before the equations that read it are no longer tried again


@dataclass(frozen=True)
class Bound:
    """A number that a quantity cannot pass, the prints and constraints it rests on, the equation that gave it."""

    at: float
    support: int = 0
    constraints: int = 0
    equation: str = ""


@dataclass(frozen=True)
class Box:
    low: Bound = Bound(-math.inf)
    high: Bound = Bound(math.inf)

    @property
    def support(self) -> int:
        return self.low.support | self.high.support

    @property
    def constraints(self) -> int:
        return self.low.constraints | self.high.constraints


Narrowed = Iterator[tuple[Quantity, float, float]]


class Constraint(Protocol):
    """An equation between quantities: given their intervals, it yields narrower ones.

    `reads_itself` says that what it yields for a quantity may depend on that quantity's own interval.
    """

    @property
    def equation(self) -> str: ...
    @property
    def over(self) -> tuple[Quantity, ...]: ...
    @property
    def reads_itself(self) -> bool: ...
    def narrow(self, box: Mapping[Quantity, tuple[float, float]]) -> Narrowed: ...


class Contradiction(Exception):
    """The printed numbers in `support` cannot all be right, by the constraints in `constraints`."""

    def __init__(self, quantity: Quantity, low: Bound, high: Bound) -> None:
        super().__init__(quantity, low, high)
        self.quantity = quantity
        self.support = low.support | high.support
        self.constraints = low.constraints | high.constraints


class State:
    """The box of every quantity. Copies are cheap; `narrow` works to the fixed point or raises Contradiction."""

    def __init__(self, constraints: Sequence[Constraint]) -> None:
        self.constraints = constraints
        self.touching: dict[Quantity, list[int]] = {}
        for number, constraint in enumerate(constraints):
            for quantity in constraint.over:
                self.touching.setdefault(quantity, []).append(number)
        self.boxes: dict[Quantity, Box] = {}

    def copy(self) -> State:
        made = object.__new__(State)
        made.constraints, made.touching, made.boxes = self.constraints, self.touching, dict(self.boxes)
        return made

    def __getitem__(self, quantity: Quantity) -> Box:
        return self.boxes.get(quantity, Box())

    def around(self, quantity: Quantity) -> Iterator[set[Quantity]]:
        """The quantities within one equation of this one, within two, and so on."""
        reached, edge = {quantity}, {quantity}
        while edge:
            yield set(reached)
            touched = {q for number in self._touched(edge) for q in self.constraints[number].over}
            edge = touched - reached
            reached |= edge

    def print_in(self, printed: Mapping[int, Printed]) -> set[Quantity]:
        """Take printed numbers (by their bit) as bounds.  Returns the quantities that moved."""
        moved = set()
        for bit, number in printed.items():
            if self._bound(number.quantity, number.low, number.high, 1 << bit, 0, "the same number"):
                moved.add(number.quantity)
        return moved

    def narrow(self, moved: Iterable[Quantity] | None = None) -> State:
        """All constraints (or those that the moved quantities touch), over and over, until nothing moves."""
        queue = deque(range(len(self.constraints)) if moved is None else self._touched(moved))
        waiting = set(queue)
        moves: Counter[Quantity] = Counter()
        while queue:
            number = queue.popleft()
            waiting.discard(number)
            for quantity in self._apply(number):
                moves[quantity] += 1
                if moves[quantity] > OFTEN:
                    continue  # two equations that creep towards each other: whoever reads it has read it often enough
                for other in self.touching[quantity]:
                    if other not in waiting and other != number:
                        waiting.add(other)
                        queue.append(other)
        return self

    def _touched(self, moved: Iterable[Quantity]) -> list[int]:
        return sorted({number for quantity in moved for number in self.touching.get(quantity, ())})

    def _apply(self, number: int) -> list[Quantity]:
        constraint = self.constraints[number]
        boxes = {q: self[q] for q in constraint.over}
        moved = []
        for quantity, low, high in constraint.narrow({q: (b.low.at, b.high.at) for q, b in boxes.items()}):
            box = boxes[quantity]
            if low <= box.low.at and high >= box.high.at:
                continue
            support, constraints = 0, 1 << number
            for other, theirs in boxes.items():
                if other != quantity or constraint.reads_itself:
                    support |= theirs.support
                    constraints |= theirs.constraints
            if self._bound(quantity, low, high, support, constraints, constraint.equation):
                moved.append(quantity)
        return moved

    def _bound(self, quantity: Quantity, low: float, high: float, support: int, by: int, equation: str) -> bool:
        box = self[quantity]
        low, high = low - SLACK * abs(low), high + SLACK * abs(high)
        width = max(0.0, min(high, box.high.at) - max(low, box.low.at))
        rises, falls = low > box.low.at + _gain(box.low.at, width), high < box.high.at - _gain(box.high.at, width)
        if not (rises or falls):
            return False
        new_low = Bound(low, support, by, equation) if rises else box.low
        new_high = Bound(high, support, by, equation) if falls else box.high
        self.boxes[quantity] = Box(new_low, new_high)
        if new_low.at > new_high.at:
            raise Contradiction(quantity, new_low, new_high)
        return True

    def without(self, bit: int, base: State, printed: Mapping[int, Printed]) -> State:
        """The fixed point without one printed number: whatever rested on it is found anew."""
        made = self.copy()
        lost = {q for q, box in self.boxes.items() if box.support >> bit & 1}
        for quantity in lost:
            made.boxes[quantity] = base[quantity]
        kept = {b: p for b, p in printed.items() if b != bit and p.quantity in lost}
        made.print_in(kept)
        return made.narrow(lost)


def _gain(end: float, width: float) -> float:
    """By how much a bound must move to be moved: without it, two equations could creep along for ever."""
    if math.isfinite(width):
        return width * WORTH
    return abs(end) * WORTH if math.isfinite(end) else 0.0
