"""Find printed numbers that contradict each other, and a smallest set whose removal makes the rest consistent.

This is Reiter's method of hitting sets. Each contradiction is reduced to a *core*: a set of numbers that contradict
each other, but would not without any one of them. A smallest set with a number of every core is removed. If the rest
still contradicts itself, the new cores are added and the search starts again.
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
class Removal:
    """A number to remove.  If several would do, `options` names all of them, the likeliest first."""

    options: tuple[int, ...]


def bits(support: int) -> Core:
    """Return the positions of the bits that are 1."""
    positions = set()
    while support:
        lowest = support & -support
        positions.add(lowest.bit_length() - 1)
        support ^= lowest
    return frozenset(positions)


def settle(base: State, printed: Numbers) -> State:
    """Return the narrowed state of the base with these printed numbers.  Raises Contradiction."""
    state = base.copy()
    return state.narrow(state.print_in(printed))


def reduced(base: State, printed: Numbers, found: Contradiction) -> Core:
    """Return a core of a contradiction: no number can be dropped from it.

    Only the constraints that led to the contradiction are applied, since they are few. The search begins with the
    numbers near the quantity that has no value left. Then it tries to drop each number, first those that many
    constraints read.
    """
    few = State([base.constraints[number] for number in sorted(bits(found.constraints))]).narrow()
    core = {bit: printed[bit] for bit in bits(found.support)}
    for near in few.around(found.quantity):
        smaller = _conflict(few, {bit: p for bit, p in core.items() if p.quantity in near})
        if smaller is not None:
            core = {bit: core[bit] for bit in smaller}
            break
    hubs_first = sorted(core, key=lambda bit: (len(base.touching.get(core[bit].quantity, ())), bit), reverse=True)
    for bit in hubs_first:
        smaller = _conflict(few, {b: p for b, p in core.items() if b != bit}) if bit in core else None
        if smaller is not None:
            core = {b: core[b] for b in smaller}
    return frozenset(core)


def _conflict(state: State, numbers: Numbers) -> Core | None:
    """Return those of the numbers that contradict each other, or None if all are consistent."""
    try:
        settle(state, numbers)
    except Contradiction as contradiction:
        return bits(contradiction.support)
    return None


def contradictions(base: State, printed: Numbers) -> list[Core]:
    """Return cores that share no number, so many that the numbers outside them are consistent."""
    rest, cores = dict(printed), list[Core]()
    while True:
        try:
            settle(base, rest)
        except Contradiction as contradiction:
            cores.append(reduced(base, printed, contradiction))
            rest = {bit: p for bit, p in rest.items() if bit not in cores[-1]}
        else:
            return cores


def resolve(
    base: State, printed: Numbers, suspects: Core, earlier: Iterable[Core] = ()
) -> tuple[list[Removal], list[Core]]:
    """Return a smallest set of numbers to remove, as choices, and all cores that were needed to find it.

    `earlier` holds cores of an earlier search.
    """
    cores = list(earlier) or contradictions(base, printed)
    while True:
        removed = smallest(cores, suspects)
        more = contradictions(base, {b: p for b, p in printed.items() if b not in removed})
        if not more:
            return list(_exchanges(base, printed, removed, cores, suspects)), cores
        cores += more


def _exchanges(base: State, printed: Numbers, removed: Core, cores: list[Core], suspects: Core) -> Iterator[Removal]:
    """Yield for each removed number a choice: this number and all that could be removed in its place.

    If some of them are suspects, the choice names only these.
    """
    kept = {b: p for b, p in printed.items() if b not in removed}
    state = settle(base, kept)
    for bit in sorted(removed):
        beside = frozenset().union(*(core for core in cores if bit in core)) & kept.keys()
        rivals = [other for other in sorted(beside) if _instead(base, printed, kept, state, bit, other)]
        candidates = (bit, *rivals)
        options = tuple(c for c in candidates if c in suspects) or candidates
        if options[0] != bit:
            state = state.without(options[0], base, kept)
            del kept[options[0]]
            kept[bit] = printed[bit]
            state.narrow(state.print_in({bit: printed[bit]}))
        yield Removal(options)


def _instead(base: State, printed: Numbers, kept: Numbers, state: State, bit: int, other: int) -> bool:
    """Return whether the numbers are consistent with `other` removed in place of `bit`."""
    trial = state.without(other, base, kept)
    try:
        trial.narrow(trial.print_in({bit: printed[bit]}))
    except Contradiction:
        return False
    return True


def smallest(cores: Sequence[Core], suspects: Core) -> Core:
    """Return a smallest set that has a number of each core.

    Among sets of equal size, prefer more suspects, then numbers of more cores, then earlier numbers. This is an integer
    program: each number is 0 or 1, and each core has at least one 1.
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
    solution = milp(
        cost,
        integrality=np.ones(len(numbers)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0},
        constraints=LinearConstraint(in_core, lb=1),
    )
    return frozenset(bit for bit, taken in zip(numbers, solution.x, strict=True) if taken > 0.5)
