"""Which printed numbers cannot stand together, and the smallest sets whose removal restores consistency.

Reiter's hitting sets, found as they are needed: every contradiction is reduced to one from which no number
can be dropped; a set that takes a number from each is tried; what still contradicts is added, until
nothing does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from verify.printed.figures import Printed
from verify.printed.propagation import Contradiction, State

Numbers = Mapping[int, Printed]
Core = frozenset[int]


@dataclass(frozen=True)
class Choice:
    """One number to be removed, or one of several that would do as well: the likeliest first."""

    options: tuple[int, ...]


def bits(support: int) -> Core:
    found = set()
    while support:
        low = support & -support
        found.add(low.bit_length() - 1)
        support ^= low
    return frozenset(found)


def settle(base: State, printed: Numbers) -> State:
    """The fixed point of the base with these numbers.  Raises Contradiction."""
    state = base.copy()
    return state.narrow(state.print_in(printed))


def reduced(base: State, printed: Numbers, found: Contradiction) -> Core:
    """A contradiction from which no number can be dropped; those that many equations read are dropped first.

    Judged by the constraints that led to it, which are few, and first by the numbers nearest to where it showed.
    """
    few = State([base.constraints[number] for number in sorted(bits(found.constraints))]).narrow()
    core = {bit: printed[bit] for bit in bits(found.support)}
    for near in few.around(found.quantity):
        smaller = _still(few, {bit: p for bit, p in core.items() if p.quantity in near})
        if smaller is not None:
            core = {bit: core[bit] for bit in smaller}
            break
    hubs_first = sorted(core, key=lambda bit: (len(base.touching.get(core[bit].quantity, ())), bit), reverse=True)
    for bit in hubs_first:
        smaller = _still(few, {b: p for b, p in core.items() if b != bit}) if bit in core else None
        if smaller is not None:
            core = {b: core[b] for b in smaller}
    return frozenset(core)


def _still(state: State, numbers: Numbers) -> Core | None:
    """The numbers among these that contradict each other; None if all can stand."""
    try:
        settle(state, numbers)
    except Contradiction as found:
        return bits(found.support)
    return None


def contradictions(base: State, printed: Numbers) -> list[Core]:
    """Contradictions that share no number, until the rest is consistent."""
    rest, found = dict(printed), list[Core]()
    while True:
        try:
            settle(base, rest)
        except Contradiction as contradiction:
            found.append(reduced(base, printed, contradiction))
            rest = {bit: p for bit, p in rest.items() if bit not in found[-1]}
        else:
            return found


def resolve(
    base: State, printed: Numbers, suspects: Core, known: Iterable[Core] = ()
) -> tuple[list[Choice], list[Core]]:
    """A smallest set of numbers without which the rest is consistent, each with those that could stand in for it."""
    cores = list(known) or contradictions(base, printed)
    while True:
        removed = smallest(cores, suspects)
        more = contradictions(base, {b: p for b, p in printed.items() if b not in removed})
        if not more:
            return list(_exchanges(base, printed, removed, cores, suspects)), cores
        cores += more


def _exchanges(
    base: State, printed: Numbers, removed: Core, cores: list[Core], suspects: Core
) -> Iterator[Choice]:  # fmt: skip
    """For each number removed: which others, removed in its place, would leave the rest consistent too?

    Where suspects are among them, only suspects remain.
    """
    kept = {b: p for b, p in printed.items() if b not in removed}
    state = settle(base, kept)
    for bit in sorted(removed):
        beside = frozenset().union(*(core for core in cores if bit in core)) & kept.keys()
        rivals = [other for other in sorted(beside) if _instead(base, printed, kept, state, bit, other)]
        candidates = [bit, *rivals]
        options = tuple(c for c in candidates if c in suspects) or tuple(candidates)
        if options[0] != bit:
            state = state.without(options[0], base, kept)
            del kept[options[0]]
            kept[bit] = printed[bit]
            state.narrow(state.print_in({bit: printed[bit]}))
        yield Choice(options)


def _instead(base: State, printed: Numbers, kept: Numbers, state: State, bit: int, other: int) -> bool:
    trial = state.without(other, base, kept)
    try:
        trial.narrow(trial.print_in({bit: printed[bit]}))
    except Contradiction:
        return False
    return True


def smallest(cores: Sequence[Core], suspects: Core) -> Core:
    """A smallest set with a number of each contradiction; among equals one with more suspects, then those
    that stand in more contradictions, then earlier ones.

    An integer program: a 0 or 1 for each number, at least one 1 in each contradiction.
    """
    numbers = sorted(frozenset().union(*cores))
    if not numbers:
        return frozenset()
    places = {bit: place for place, bit in enumerate(numbers)}
    in_core = np.zeros((len(cores), len(numbers)))
    for row, core in enumerate(cores):
        in_core[row, [places[bit] for bit in core]] = 1
    often = in_core.sum(axis=0) / len(cores)
    cost = [1 + (b not in suspects) / 100 - often[k] / 1000 + k / len(numbers) / 1e5 for k, b in enumerate(numbers)]
    found = milp(
        cost, integrality=np.ones(len(numbers)), bounds=Bounds(0, 1), options={"mip_rel_gap": 0},
        constraints=LinearConstraint(in_core, lb=1),
    )  # fmt: skip
    return frozenset(bit for bit, taken in zip(numbers, found.x, strict=True) if taken > 0.5)
