"""Interval propagation: constraints narrow the intervals of real quantities until nothing changes.

Each bound carries its *support*: the set of printed numbers that it was derived from, as the bits of an integer.
The initial bounds, minus and plus infinity, have an empty support. If a lower bound exceeds an upper bound, the
printed numbers in the two supports cannot all be right. Each bound also carries the constraints that it was derived
from, as bits. These constraints alone are enough to find the contradiction again.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from verify.printed.figures import Printed, Quantity

SLACK = 1e-12  # relative: covers the float64 arithmetic of the bounds themselves
WORTH = 2e-2  # a bound moves only if it moves by more than this share of the interval that remains
OFTEN = 12  # after this many moves of a quantity, the constraints that read it are no longer queued


@dataclass(frozen=True)
class Bound:
    """One end of an interval, with the printed numbers and constraints behind it and the equation that gave it."""

    at: float
    support: int = 0
    constraints: int = 0
    equation: str = ""


@dataclass(frozen=True)
class Box:
    """The interval of a quantity: a lower and an upper bound."""

    low: Bound = Bound(-math.inf)
    high: Bound = Bound(math.inf)

    @property
    def support(self) -> int:
        """The printed numbers behind either bound, as bits."""
        return self.low.support | self.high.support

    @property
    def constraints(self) -> int:
        """The constraints behind either bound, as bits."""
        return self.low.constraints | self.high.constraints


Narrowed = Iterator[tuple[Quantity, float, float]]


class Constraint(Protocol):
    """An equation between quantities that can narrow their intervals."""

    @property
    def equation(self) -> str:
        """The number or name of the equation."""

    @property
    def over(self) -> tuple[Quantity, ...]:
        """The quantities that the equation connects."""

    @property
    def reads_itself(self) -> bool:
        """True if the new interval of a quantity may depend on the old interval of that quantity."""

    def narrow(self, box: Mapping[Quantity, tuple[float, float]]) -> Narrowed:
        """Yield quantities with the interval that the equation allows, given the current intervals."""


class Contradiction(Exception):
    """The constraints in `constraints` show that the printed numbers in `support` cannot all be right."""

    def __init__(self, quantity: Quantity, low: Bound, high: Bound) -> None:
        super().__init__(quantity, low, high)
        self.quantity = quantity
        self.support = low.support | high.support
        self.constraints = low.constraints | high.constraints


class State:
    """The box of every quantity under a list of constraints.  A copy is cheap: it copies only the boxes."""

    def __init__(self, constraints: Sequence[Constraint]) -> None:
        self.constraints = constraints
        self.touching: dict[Quantity, list[int]] = {}
        for number, constraint in enumerate(constraints):
            for quantity in constraint.over:
                self.touching.setdefault(quantity, []).append(number)
        self.boxes: dict[Quantity, Box] = {}

    def copy(self) -> State:
        """Return a state with the same constraints and boxes.  It can be narrowed without changing this one."""
        state = object.__new__(State)
        state.constraints, state.touching, state.boxes = self.constraints, self.touching, dict(self.boxes)
        return state

    def __getitem__(self, quantity: Quantity) -> Box:
        return self.boxes.get(quantity, Box())

    def around(self, quantity: Quantity) -> Iterator[set[Quantity]]:
        """Yield growing sets of quantities: those at most 0, 1, 2, … equations away from this quantity."""
        reached, edge = {quantity}, {quantity}
        while edge:
            yield set(reached)
            touched = {q for number in self._touched(edge) for q in self.constraints[number].over}
            edge = touched - reached
            reached |= edge

    def print_in(self, printed: Mapping[int, Printed]) -> set[Quantity]:
        """Use printed numbers (by their bit) as bounds.  Return the changed quantities.  Raises Contradiction."""
        moved = set()
        for bit, number in printed.items():
            if self._bound(number.quantity, number.low, number.high, 1 << bit, 0, "the same number"):
                moved.add(number.quantity)
        return moved

    def narrow(self, moved: Iterable[Quantity] | None = None) -> State:
        """Apply constraints until nothing changes, and return this state.  Raises Contradiction.

        With `moved`, begin only with the constraints that read one of these quantities.
        """
        queue = deque(range(len(self.constraints)) if moved is None else self._touched(moved))
        waiting = set(queue)
        moves: Counter[Quantity] = Counter()
        while queue:
            number = queue.popleft()
            waiting.discard(number)
            for quantity in self._apply(number):
                moves[quantity] += 1
                if moves[quantity] > OFTEN:
                    continue  # stop two equations that move each other by ever smaller steps
                for other in self.touching[quantity]:
                    if other not in waiting and other != number:
                        waiting.add(other)
                        queue.append(other)
        return self

    def _touched(self, moved: Iterable[Quantity]) -> list[int]:
        """Return the numbers of the constraints that read one of the quantities, in increasing order."""
        return sorted({number for quantity in moved for number in self.touching.get(quantity, ())})

    def _apply(self, number: int) -> list[Quantity]:
        """Apply one constraint, and return the quantities that it narrowed.  Raises Contradiction."""
        constraint = self.constraints[number]
        boxes = {q: self[q] for q in constraint.over}
        moved = []
        for quantity, low, high in constraint.narrow({q: (b.low.at, b.high.at) for q, b in boxes.items()}):
            box = boxes[quantity]
            if low <= box.low.at and high >= box.high.at:
                continue
            support, constraints = 0, 1 << number
            for other, other_box in boxes.items():
                if other != quantity or constraint.reads_itself:
                    support |= other_box.support
                    constraints |= other_box.constraints
            if self._bound(quantity, low, high, support, constraints, constraint.equation):
                moved.append(quantity)
        return moved

    def _bound(
        self, quantity: Quantity, low: float, high: float, support: int, constraints: int, equation: str
    ) -> bool:
        """Narrow one quantity.  Return whether either bound moved.  Raises Contradiction if no value is left."""
        box = self[quantity]
        low, high = low - SLACK * abs(low), high + SLACK * abs(high)
        width = max(0.0, min(high, box.high.at) - max(low, box.low.at))
        rises, falls = low > box.low.at + _gain(box.low.at, width), high < box.high.at - _gain(box.high.at, width)
        if not (rises or falls):
            return False
        new_low = Bound(low, support, constraints, equation) if rises else box.low
        new_high = Bound(high, support, constraints, equation) if falls else box.high
        self.boxes[quantity] = Box(new_low, new_high)
        if new_low.at > new_high.at:
            raise Contradiction(quantity, new_low, new_high)
        return True

    def without(self, bit: int, base: State, printed: Mapping[int, Printed]) -> State:
        """Return the narrowed state without one printed number.

        Every box that was derived from this number starts again from its box in `base`.
        """
        state = self.copy()
        lost = {q for q, box in self.boxes.items() if box.support >> bit & 1}
        for quantity in lost:
            state.boxes[quantity] = base[quantity]
        state.print_in({b: p for b, p in printed.items() if b != bit and p.quantity in lost})
        return state.narrow(lost)


def _gain(end: float, width: float) -> float:
    """Return the smallest move of a bound that counts.  Without it, two equations could move each other for ever."""
    if math.isfinite(width):
        return width * WORTH
    return abs(end) * WORTH if math.isfinite(end) else 0.0
