"""Facts about the essay's run that the printed numbers show and the essay does not state."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from reference.network import ESSAY, Network
from reference.tensor_names import base_of, parts_of
from verify.printed.constraint_model import glorot, place_in_draw
from verify.printed.figures import RUN, Printed

FEWEST = 5  # the repetition of a row or block of fewer numbers proves little
CHANCE = 1e-6  # anything less likely is not a coincidence


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


def shared_draw(
    printed: Sequence[Printed], network: Network = ESSAY, limits: Sequence[float] | None = None
) -> SharedDraw:
    """Compare W(l)/limit(l) at equal positions of the layers.  `limits` defaults to Glorot's limits."""
    limits = limits or [glorot(network, layer) for layer in range(1, network.depth + 1)]
    draws: dict[int, dict[int, tuple[float, float]]] = {}
    for p in printed:
        name = parts_of(p.symbol)
        if name and p.scope == RUN and len(p.index) == 2 and name.quantity == "W" and not name.role and name.layer:
            layer, moved = name.layer, 0.001 if name.state == "new" else 0.0  # a step moves a weight by at most 0.001
            limit = limits[layer - 1]
            ends = ((p.low - moved) / limit, (p.high + moved) / limit)
            place = place_in_draw(network, layer, p.index)
            draws.setdefault(place, {}).setdefault(layer, ends)
    pairs = agree = 0
    chance = 1.0
    for by_layer in draws.values():
        for a, b in pairwise(by_layer.values()):
            pairs += 1
            agree += a[0] <= b[1] and b[0] <= a[1]
            chance *= min(1.0, (a[1] - a[0] + b[1] - b[0]) / 2)
    return SharedDraw(pairs, agree, chance)


def rows(printed: Iterable[Printed]) -> dict[tuple[str, str, int], tuple[Printed, ...]]:
    """Return the printed rows of numbers, by place, symbol and line of the file."""
    by_line: dict[tuple[str, str, int], tuple[Printed, ...]] = {}
    for p in printed:
        key = (p.place, p.symbol, p.line)
        by_line[key] = (*by_line.get(key, ()), p)
    return by_line


def repeated_rows(printed: Sequence[Printed]) -> Iterator[int]:
    """Yield the positions of the numbers whose row has the digits of a row of another symbol."""
    lines = rows(printed)
    symbols: dict[tuple[str, ...], set[str]] = {}
    for (_, symbol, _), line in lines.items():
        symbols.setdefault(texts(line), set()).add(base_of(symbol))
    for bit, p in enumerate(printed):
        line = lines[(p.place, p.symbol, p.line)]
        if len(line) >= FEWEST and any(q.digits for q in line) and len(symbols[texts(line)]) > 1:
            yield bit


def texts(line: Sequence[Printed]) -> tuple[str, ...]:
    """Return the numbers of a row as printed."""
    return tuple(p.text for p in line)


def resemblance(p: Printed, printed: Iterable[Printed]) -> str:
    """Return what a refuted number looks like: a copied row, a copied cell or a shifted index; "" if none of these."""
    everything = list(printed)
    lines = rows(everything)
    own = lines[(p.place, p.symbol, p.line)]
    for (place, symbol, _), line in lines.items():
        if symbol != p.symbol and len(line) >= FEWEST and any(q.digits for q in line) and texts(line) == texts(own):
            return f"the row repeats {symbol} of {place}: a copied row"
    if len(p.digits) < 1:
        return ""
    same = [q for q in everything if q != p and q.scope == p.scope and q.text.lstrip("-") == p.text.lstrip("-")]
    cell = [q for q in same if q.place == p.place and q.index == p.index and q.symbol != p.symbol]
    shifted = [q for q in same if q.symbol == p.symbol and q.index != p.index]
    elsewhere = [q for q in same if len(p.digits) >= 3 and q.symbol != p.symbol and len(q.index) == len(p.index)]
    for kind, equal in (("a copied cell", cell), ("a shifted index", shifted), ("a shifted index", elsewhere)):
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


def initialisers(printed: Sequence[Printed], network: Network = ESSAY) -> tuple[Initialiser, ...]:
    """Return the usual uniform initialisers, each tested on the printed weights."""
    tested = []
    weights = [p for p in printed if p.scope == RUN and p.symbol in {"W1", "W2", "W3"}]
    for name, limit in INITIALISERS.items():
        limits = [limit(m, n) for m, n in pairwise(network.sizes)]
        largest = max((min(abs(p.low), abs(p.high)) / limits[int(p.symbol[1]) - 1] for p in weights), default=0.0)
        tested.append(Initialiser(name, shared_draw(printed, network, limits), largest))
    return tuple(tested)


def float32_share(printed: Sequence[Printed]) -> tuple[int, int, float]:
    """Return how many nine-digit numbers are float32 numbers, how many there are, and the chance that all are."""
    chosen = [p for p in printed if p.decimals == 8 and "e" in p.text]
    agree = sum(f"{np.float32(p.text):.8e}" == f"{float(p.text):.8e}" for p in chosen)
    chance = math.prod(min(1.0, (p.high - p.low) / float(np.spacing(np.float32(abs(p.low))))) for p in chosen)
    return agree, len(chosen), chance


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
                ends = [a * b for a in (w.low, w.high) for b in (d.low, d.high)]
                explained += min(ends) <= p.high and p.low <= max(ends)
    return explained, len(biases)
