"""Find printed numbers that contradict each other, and a smallest set whose removal makes the rest consistent.

This is Reiter's method of hitting sets. Each contradiction is reduced to a *core*: a set of numbers that contradict
each other, but would not without any one of them. A smallest set with a number of every core is removed. If the rest
still contradicts itself, the new cores are added and the search starts again.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from verify.printed.figures import Printed
from verify.printed.propagation import Contradiction, State

Numbers = Mapping[int, Printed]
Core = frozenset[int]
Removal = tuple[int, ...]  # the number to remove, followed by the numbers that could be removed in its place


def bits(support: int) -> Core:
    """Return the positions of the bits that are 1."""
    return frozenset(position for position, digit in enumerate(reversed(f"{support:b}")) if digit == "1")


def leave_out(numbers: Numbers, removed: Collection[int]) -> dict[int, Printed]:
    """Return the numbers without those removed."""
    return {bit: p for bit, p in numbers.items() if bit not in removed}


def reduced(base: State, printed: Numbers, contradiction: Contradiction) -> Core:
    """Return a core of a contradiction: no number can be dropped from it.

    Only the constraints that led to the contradiction are applied, since they are few. The search begins with the
    numbers near the quantity that has no value left. Then it tries to drop each number, first those that many
    constraints read.
    """
    few = State([base.constraints[position] for position in sorted(bits(contradiction.constraints))]).narrow()
    core = bits(contradiction.support)
    for near in few.around(contradiction.quantity):
        smaller = _conflict(few, {bit: printed[bit] for bit in core if printed[bit].quantity in near})
        if smaller is not None:
            core = smaller
            break
    for bit in sorted(core, key=lambda bit: (len(base.connected.get(printed[bit].quantity, ())), bit), reverse=True):
        if bit in core:
            smaller = _conflict(few, {other: printed[other] for other in core if other != bit})
            core = core if smaller is None else smaller
    return core


def _conflict(state: State, numbers: Numbers) -> Core | None:
    """Return those of the numbers that contradict each other, or None if all are consistent."""
    try:
        state.with_numbers(numbers)
    except Contradiction as contradiction:
        return bits(contradiction.support)
    return None


def contradictions(base: State, printed: Numbers) -> list[Core]:
    """Return cores that share no number, so many that the numbers outside them are consistent."""
    cores = list[Core]()
    while True:
        try:
            base.with_numbers(leave_out(printed, frozenset().union(*cores)))
        except Contradiction as contradiction:
            cores.append(reduced(base, printed, contradiction))
        else:
            return cores


def resolve(
    base: State, printed: Numbers, suspects: Core, earlier: Iterable[Core] = ()
) -> tuple[list[Removal], list[Core]]:
    """Return a smallest set of numbers to remove, and all cores that were needed to find it.

    `earlier` holds cores of an earlier search. If another number can be removed in place of one, a suspect comes first.
    """
    cores = list(earlier) or contradictions(base, printed)
    while True:
        removed = smallest(cores, suspects)
        more = contradictions(base, leave_out(printed, removed))
        if not more:
            return list(_exchanges(base, printed, removed, cores, suspects)), cores
        cores += more


def _exchanges(base: State, printed: Numbers, removed: Core, cores: list[Core], suspects: Core) -> Iterator[Removal]:
    """Yield each removed number with the numbers that could be removed in its place; only suspects if there are any."""
    kept = leave_out(printed, removed)
    state = base.with_numbers(kept)
    for bit in sorted(removed):
        number = {bit: printed[bit]}
        beside = frozenset().union(*(core for core in cores if bit in core)) & kept.keys()
        rivals = [other for other in sorted(beside) if _conflict(state.without(other, base, kept), number) is None]
        candidates = (bit, *rivals)
        options = tuple(c for c in candidates if c in suspects) or candidates
        if options[0] != bit:
            state = state.without(options[0], base, kept).with_numbers(number)
            del kept[options[0]]
            kept |= number
        yield options


def smallest(cores: Sequence[Core], suspects: Core) -> Core:
    """Return a smallest set that has a number of each core.

    Among sets of equal size, prefer more suspects, then numbers of more cores, then earlier numbers. This is an integer
    program: each number is 0 or 1, and each core has at least one 1.
    """
    numbers = np.array(sorted(frozenset().union(*cores)), dtype=int)
    if not numbers.size:
        return frozenset()
    in_core = np.array([np.isin(numbers, list(core)) for core in cores], dtype=float)
    is_suspect = np.isin(numbers, list(suspects))
    order = np.arange(numbers.size) / numbers.size
    solution = milp(
        1 + ~is_suspect / 100 - in_core.mean(axis=0) / 1000 + order / 1e5,
        integrality=np.ones(numbers.size),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0},
        constraints=LinearConstraint(in_core, lb=1),
    )
    return frozenset(numbers[solution.x > 0.5].tolist())
