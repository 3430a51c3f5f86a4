"""Interval propagation: constraints narrow the intervals of real quantities until nothing changes.

Each bound carries its *support*: the set of printed numbers that it was derived from, as the bits of an integer.
The initial bounds, minus and plus infinity, have an empty support. If a lower bound exceeds an upper bound, the
printed numbers in the two supports cannot all be right. Each bound also carries the constraints that it was derived
from, as bits. These constraints alone are enough to find the contradiction again.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

from verify.printed.figures import Printed, Quantity

SLACK = 1e-12  # relative: covers the float64 arithmetic of the bounds themselves
LEAST_GAIN = 2e-2  # a bound moves only if it moves by more than this share of the interval that remains
MOST_MOVES = 12  # after this many moves of a quantity, the constraints that read it are no longer queued
Interval = tuple[float, float]
Intervals = Mapping[Quantity, Interval]
Narrowed = Iterable[tuple[Quantity, float, float]]


@dataclass(frozen=True)
class Constraint:
    """An equation between quantities.

    `rule` takes the intervals of all quantities, and the quantities. It gives quantities with the interval that the
    equation allows. `reads_itself` is True if this interval may depend on the old interval of the same quantity.
    """

    equation: str
    quantities: tuple[Quantity, ...]
    rule: Callable[..., Narrowed]
    reads_itself: bool = False


@dataclass(frozen=True)
class Bound:
    """One end of an interval, with the printed numbers and constraints behind it and the equation that gave it."""

    value: float
    support: int = 0
    constraints: int = 0
    equation: str = ""


@dataclass(frozen=True)
class Box:
    """The interval of a quantity: a lower and an upper bound."""

    low: Bound = Bound(-math.inf)
    high: Bound = Bound(math.inf)

    @property
    def ends(self) -> Interval:
        """The lower and the upper bound as numbers."""
        return self.low.value, self.high.value

    @property
    def finite(self) -> bool:
        """True if both bounds are finite."""
        return all(map(math.isfinite, self.ends))

    @property
    def support(self) -> int:
        """The printed numbers behind either bound, as bits."""
        return self.low.support | self.high.support

    @property
    def constraints(self) -> int:
        """The constraints behind either bound, as bits."""
        return self.low.constraints | self.high.constraints


class Contradiction(Exception):
    """The constraints in `constraints` show that the printed numbers in `support` cannot all be right."""

    def __init__(self, quantity: Quantity, box: Box) -> None:
        super().__init__(quantity, box)
        self.quantity, self.support, self.constraints = quantity, box.support, box.constraints


class State:
    """The box of every quantity under a list of constraints.  A copy is cheap: it copies only the boxes."""

    def __init__(self, constraints: Sequence[Constraint]) -> None:
        self.constraints = constraints
        self.connected: dict[Quantity, list[int]] = {}  # the constraints of each quantity, by their position
        for position, constraint in enumerate(constraints):
            for quantity in constraint.quantities:
                self.connected.setdefault(quantity, []).append(position)
        self.boxes: dict[Quantity, Box] = {}

    def __getitem__(self, quantity: Quantity) -> Box:
        return self.boxes.get(quantity, Box())

    def around(self, quantity: Quantity) -> Iterator[set[Quantity]]:
        """Yield growing sets of quantities: those at most 0, 1, 2, … equations away from this quantity."""
        reached, edge = {quantity}, {quantity}
        while edge:
            yield set(reached)
            edge = {q for position in self._connected_to(edge) for q in self.constraints[position].quantities} - reached
            reached |= edge

    def with_numbers(self, printed: Mapping[int, Printed]) -> State:
        """Return a copy of this state, narrowed by printed numbers, by their bit.  Raises Contradiction."""
        state = self._copy()
        return state.narrow(state.print_in(printed))

    def without(self, bit: int, base: State, printed: Mapping[int, Printed]) -> State:
        """Return the narrowed state without one printed number.

        Every box that was derived from this number starts again from its box in `base`.
        """
        state = self._copy()
        reset = {q for q, box in self.boxes.items() if box.support >> bit & 1}
        state.boxes |= {quantity: base[quantity] for quantity in reset}
        state.print_in({b: p for b, p in printed.items() if b != bit and p.quantity in reset})
        return state.narrow(reset)

    def _copy(self) -> State:
        state = copy(self)
        state.boxes = dict(self.boxes)
        return state

    def print_in(self, printed: Mapping[int, Printed]) -> list[Quantity]:
        """Use printed numbers (by their bit) as bounds.  Return the changed quantities.  Raises Contradiction."""
        return [
            p.quantity
            for bit, p in printed.items()
            if self._bound(p.quantity, p.low, p.high, (1 << bit, 0, "the same number"))
        ]

    def narrow(self, moved: Iterable[Quantity] | None = None) -> State:
        """Apply constraints until nothing changes, and return this state.  Raises Contradiction.

        With `moved`, begin only with the constraints that read one of these quantities.
        """
        queue = OrderedDict.fromkeys(range(len(self.constraints)) if moved is None else self._connected_to(moved))
        moves: Counter[Quantity] = Counter()
        while queue:
            position, _ = queue.popitem(last=False)
            for quantity in self._apply(position):
                moves[quantity] += 1
                if moves[quantity] <= MOST_MOVES:  # stop two equations that move each other by ever smaller steps
                    queue.update(dict.fromkeys(other for other in self.connected[quantity] if other != position))
        return self

    def _connected_to(self, quantities: Iterable[Quantity]) -> list[int]:
        """Return the positions of the constraints that read one of the quantities, in increasing order."""
        return sorted({position for quantity in quantities for position in self.connected.get(quantity, ())})

    def _apply(self, position: int) -> list[Quantity]:
        """Apply one constraint, and return the quantities that it narrowed.  Raises Contradiction."""
        constraint = self.constraints[position]
        boxes = {q: self[q] for q in constraint.quantities}
        intervals = {q: box.ends for q, box in boxes.items()}
        moved = []
        for quantity, low, high in constraint.rule(intervals, *constraint.quantities):
            box = boxes[quantity]
            if low <= box.low.value and high >= box.high.value:
                continue
            support, constraints = 0, 1 << position
            for other, other_box in boxes.items():
                if other != quantity or constraint.reads_itself:
                    support |= other_box.support
                    constraints |= other_box.constraints
            if self._bound(quantity, low, high, (support, constraints, constraint.equation)):
                moved.append(quantity)
        return moved

    def _bound(self, quantity: Quantity, low: float, high: float, reasons: tuple[int, int, str]) -> bool:
        """Narrow one quantity.  Return whether either bound moved.  Raises Contradiction if no value is left.

        `reasons` holds the support, the constraints and the equation of the new bounds.
        """
        box = self[quantity]
        old_low, old_high = box.ends
        low, high = low - SLACK * abs(low), high + SLACK * abs(high)
        width = max(0.0, min(high, old_high) - max(low, old_low))
        rises, falls = low > old_low + _least_gain(old_low, width), high < old_high - _least_gain(old_high, width)
        if not (rises or falls):
            return False
        box = Box(Bound(low, *reasons) if rises else box.low, Bound(high, *reasons) if falls else box.high)
        self.boxes[quantity] = box
        if box.low.value > box.high.value:
            raise Contradiction(quantity, box)
        return True


def _least_gain(end: float, width: float) -> float:
    """Return the smallest move of a bound that counts.  Without it, two equations could move each other for ever."""
    if math.isfinite(width):
        return width * LEAST_GAIN
    return abs(end) * LEAST_GAIN if math.isfinite(end) else 0.0
