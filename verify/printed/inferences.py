"""Facts about the essay's run that the printed numbers show and the essay does not state."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from reference.network import ESSAY
from reference.tensor_names import base_of, parts_of
from verify.printed.constraint_model import glorot, place_in_draw
from verify.printed.constraints import times
from verify.printed.figures import RUN, Printed, Quantity, grouped, shape_of
from verify.printed.propagation import State

FEWEST = 5  # the repetition of a row or block of fewer numbers proves little
CHANCE = 1e-6  # anything less likely is not a coincidence
LARGEST_STEP = 0.001  # a training step moves a weight by at most this much


@dataclass(frozen=True)
class SharedDraw:
    """A test of whether all layers were drawn from one stream of uniform numbers.

    Of `pairs` pairs of weights at equal positions of two layers, `agree` can come from one uniform number. `chance` is
    the probability that all pairs agree if the layers were drawn independently.
    """

    pairs: int = 0
    agree: int = 0
    chance: float = 1.0

    @property
    def supported(self) -> bool:
        """True if every pair agrees, and that is no coincidence."""
        return self.pairs > 0 and self.agree == self.pairs and self.chance < CHANCE


def shared_draw(printed: Sequence[Printed], limits: Sequence[float] | None = None) -> SharedDraw:
    """Compare W(l)/limit(l) at equal positions of the layers.  `limits` defaults to Glorot's limits."""
    limits = limits or [glorot(layer) for layer in range(1, ESSAY.depth + 1)]
    draws: dict[int, dict[int, tuple[float, float]]] = {}
    for p in printed:
        name = parts_of(p.symbol)
        if name and p.scope == RUN and len(p.index) == 2 and name.quantity == "W" and not name.role and name.layer:
            limit, moved = limits[name.layer - 1], LARGEST_STEP if name.state == "new" else 0.0
            ends = ((p.low - moved) / limit, (p.high + moved) / limit)
            draws.setdefault(place_in_draw(name.layer, p.index), {}).setdefault(name.layer, ends)
    pairs = [(a, b) for by_layer in draws.values() for a, b in pairwise(by_layer.values())]
    agree = sum(a[0] <= b[1] and b[0] <= a[1] for a, b in pairs)
    chance = math.prod(min(1.0, (a[1] - a[0] + b[1] - b[0]) / 2) for a, b in pairs)
    return SharedDraw(len(pairs), agree, chance)


def _texts(row: Iterable[Printed]) -> tuple[str, ...]:
    """Return the numbers of a row as printed."""
    return tuple(p.text for p in row)


def _long_rows(printed: Iterable[Printed]) -> list[list[Printed]]:
    """Return the rows of at least FEWEST numbers, not all 0."""
    return [
        row for row in grouped(printed, lambda p: p.line).values() if len(row) >= FEWEST and any(p.digits for p in row)
    ]


def repeated_rows(printed: Sequence[Printed]) -> frozenset[int]:
    """Return the positions of the numbers whose row has the digits of a row of another symbol."""
    equal_rows = grouped(_long_rows(printed), _texts).values()
    repeated = [rows for rows in equal_rows if len({base_of(row[0].symbol) for row in rows}) > 1]
    numbers = {p for rows in repeated for row in rows for p in row}
    return frozenset(bit for bit, p in enumerate(printed) if p in numbers)


def resemblance(p: Printed, printed: Collection[Printed]) -> str:
    """Return what a refuted number looks like: a copied row, a copied cell or a shifted index; "" if none of these."""
    row = _texts(q for q in printed if q.line == p.line)
    for other in _long_rows(printed):
        if other[0].symbol != p.symbol and _texts(other) == row:
            return f"the row repeats {other[0].symbol} of {other[0].place}: a copied row"
    if not p.digits:
        return ""
    same = [q for q in printed if q != p and q.scope == p.scope and q.text.lstrip("-") == p.text.lstrip("-")]
    cell = [q for q in same if q.place == p.place and q.index == p.index and q.symbol != p.symbol]
    shifted = [q for q in same if q.symbol == p.symbol and q.index != p.index]
    elsewhere = [q for q in same if len(p.digits) >= 3 and q.symbol != p.symbol and len(q.index) == len(p.index)]
    for kind, equal in (("a copied cell", cell), ("a shifted index", shifted or elsewhere)):
        if equal:
            return f"it has the digits of {equal[0].name} ({equal[0].place}): {kind}"
    return ""


@dataclass(frozen=True)
class Initialiser:
    """An initialiser of the weights, with the test of one draw for all layers under its limits.

    `largest` is the largest printed weight over the limit of its layer.
    """

    name: str
    draw: SharedDraw
    largest: float

    @property
    def fits(self) -> bool:
        """True if one draw explains all layers, and no weight exceeds the limit of its layer."""
        return self.draw.supported and self.largest <= 1


INITIALISERS: dict[str, Callable[[float, float], float]] = {
    "Glorot's uniform, ±√(6/(m + n))": lambda m, n: math.sqrt(6 / (m + n)),
    "He's uniform, ±√(6/m)": lambda m, n: math.sqrt(6 / m),
    "LeCun's uniform, ±√(3/m)": lambda m, n: math.sqrt(3 / m),
    "one range for every layer, ±0.05": lambda m, n: 0.05,
}


def initialisers(printed: Sequence[Printed]) -> tuple[Initialiser, ...]:
    """Return the usual uniform initialisers, each tested on the printed weights."""
    tested = []
    weights = [(int(p.symbol[1]), p) for p in printed if p.scope == RUN and p.symbol in {"W1", "W2", "W3"}]
    for name, limit in INITIALISERS.items():
        limits = [limit(m, n) for m, n in pairwise(ESSAY.sizes)]
        largest = max((min(abs(p.low), abs(p.high)) / limits[layer - 1] for layer, p in weights), default=0.0)
        tested.append(Initialiser(name, shared_draw(printed, limits), largest))
    return tuple(tested)


def float32_share(printed: Sequence[Printed]) -> tuple[int, int, float]:
    """Return how many nine-digit numbers are float32 numbers, how many there are, and the chance that all are."""
    nine_digits = [p for p in printed if p.decimals == 8 and "e" in p.text]
    agree = sum(f"{np.float32(p.text):.8e}" == f"{float(p.text):.8e}" for p in nine_digits)
    chance = math.prod(min(1.0, (p.high - p.low) / float(np.spacing(np.float32(abs(p.low))))) for p in nine_digits)
    return agree, len(nine_digits), chance


def single_output(printed: Sequence[Printed]) -> tuple[int, int]:
    """Evaluate (22d) as printed, with its single output j, for each printed ∂C/∂b(2)_i that is not 0.

    Return how many pairs (i, j) agree, and the number of these ∂C/∂b(2)_i.
    """
    run = {p.quantity[1:]: p for p in printed if p.scope == RUN}
    biases = [p for p in printed if p.symbol == "dB2" and p.low * p.high > 0]
    explained = 0
    for p in biases:
        for j in range(1, ESSAY.sizes[-1] + 1):
            w, d = run.get(("W3", (*p.index, j))), run.get(("dB3", (j,)))
            if w and d:
                low, high = times((w.low, w.high), (d.low, d.high))
                explained += low <= p.high and p.low <= high
    return explained, len(biases)


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
    of_run = [p for p in printed if p.scope == RUN]
    symbols = sorted({p.symbol for p in of_run})
    refuted = set(printed) - set(kept.values())
    for (place, symbol), numbers in grouped(of_run, lambda p: (p.place, p.symbol)).items():
        if len(numbers) < FEWEST or refuted.isdisjoint(numbers):
            continue
        state = base.with_numbers({bit: p for bit, p in kept.items() if (p.place, p.symbol) != (place, symbol)})
        agree, tested = _count(state, numbers, symbol)
        agree_there, tested_there, really = max(
            ((*_count(state, numbers, other), other) for other in symbols if other != symbol),
            key=lambda count: (count[0] == count[1], count[0], -len(count[2])),
        )
        if tested_there >= FEWEST and agree_there == tested_there and agree_there * tested > agree * tested_there:
            yield Block(place, symbol, agree, tested, really, agree_there, tested_there)


def _count(state: State, numbers: Sequence[Printed], symbol: str) -> tuple[int, int]:
    """Return how many numbers agree with the state if they are read as this symbol, and how many can be tested."""
    quantities = [(p, _as_part_of(p, symbol)) for p in numbers]
    boxes = [(p, state[quantity]) for p, quantity in quantities if quantity]
    tested = [(p, box) for p, box in boxes if box.finite and box.support]
    return sum(p.low <= box.high.value and box.low.value <= p.high for p, box in tested), len(tested)


def _as_part_of(p: Printed, symbol: str) -> Quantity | None:
    """Return the quantity at the position of `p` in another tensor, or None if there is none.

    The last row and column of one matrix correspond to the last row and column of the other.
    """
    shape, other_shape = shape_of(p.symbol), shape_of(symbol)
    if shape is None or other_shape is None or not len(p.index) == len(shape) == len(other_shape):
        return None
    index = tuple(n if i == m else i for i, m, n in zip(p.index, shape, other_shape, strict=True))
    return (p.scope, symbol, index) if all(i <= n for i, n in zip(index, other_shape, strict=True)) else None
