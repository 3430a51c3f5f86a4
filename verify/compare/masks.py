"""Judge dropout masks: nobody can recompute them, but they must look like independent draws with the layer's rate."""

from collections.abc import Iterator, Mapping
from copy import copy
from math import exp, log
from typing import Self

import numpy as np

from reference.layers.dropout import SOURCE, Dropout
from reference.network import Network
from verify.compare.tensor import Comparison
from verify.records.trace import Array

CHANCE = 1e-12  # a mask is wrong if chance gives what it shows less often than this


class Masks:
    """The masks of a run, step by step.

    `counts` has for each mask the numbers drawn so far and those of them that are 1. `last` has the masks of the step
    before.
    """

    def __init__(self, network: Network) -> None:
        self.places: dict[str, tuple[float, int]] = {}
        self.counts: dict[str, tuple[int, int]] = {}
        self.last: dict[str, Array] = {}
        for layer, place in network.places:
            if isinstance(layer, Dropout):
                self.places |= {name: (layer.rate, place.number) for name in layer.drawn(place)}

    def copy(self) -> Self:
        """Return a copy, which can take the next step with other masks."""
        other = copy(self)
        other.counts, other.last = dict(self.counts), dict(self.last)
        return other

    def problems(self, step: int, tensors: Mapping[str, Array]) -> Iterator[Comparison]:
        """Yield a failed comparison for each mask of the next step that chance does not explain."""
        for name, (rate, layer) in self.places.items():
            mask = tensors.get(name)
            if mask is None or mask.ndim != 2 or not mask.size or not np.all((mask == 0) | (mask == 1)):
                continue  # another check names it
            drawn, kept = self.counts.get(name, (0, 0))
            self.counts[name] = drawn + mask.size, kept + int(mask.sum())
            text = _share(*self.counts[name], rate) or _repeats(mask, rate) or _again(mask, self.last.get(name), rate)
            self.last[name] = mask
            if text:
                text = f"{text}; chance does that less than once in {1 / CHANCE:.0e} steps"
                yield Comparison(step, 0, name, SOURCE, layer, mask.shape, "local", "outside", explanation=text)


def _share(drawn: int, kept: int, rate: float) -> str:
    """Return what is wrong with the share of ones, or "".  The chance is bounded by Chernoff's inequality."""
    if 2 * exp(-drawn * _divergence(kept / drawn, 1 - rate)) >= CHANCE:
        return ""
    return f"it keeps {kept:,} of {drawn:,} numbers, where a rate of {rate:g} keeps {1 - rate:.3g} of them"


def _divergence(a: float, b: float) -> float:
    """Return the Kullback-Leibler divergence of two probabilities."""
    return sum(x * log(x / y) for x, y in ((a, b), (1 - a, 1 - b)) if x > 0)


def _repeats(mask: Array, rate: float) -> str:
    """Return that two examples or two nodes have one mask, if there are enough numbers to tell; else ""."""
    for what, rows in (("examples", mask), ("nodes", mask.T)):
        pairs = len(rows) * (len(rows) - 1) / 2
        distinct = len(np.unique(rows, axis=0)) if len(rows) > 1 else len(rows)
        if distinct < len(rows) and pairs * _equal(rate, rows.shape[1]) < CHANCE:
            return f"two {what} have the same mask"
        if distinct == 1 and len(rows) > 1 and _equal(rate, rows.shape[1] * (len(rows) - 1)) < CHANCE:
            return f"all {what} have the same mask"
    return ""


def _again(mask: Array, last: Array | None, rate: float) -> str:
    """Return that the step before had the same mask, if there are enough numbers to tell; else ""."""
    same = last is not None and np.array_equal(mask, last)
    return "it is the mask of the last verified step" if same and _equal(rate, mask.size) < CHANCE else ""


def _equal(rate: float, numbers: int) -> float:
    """Return the probability that so many pairs of independent draws are all equal."""
    return float((rate**2 + (1 - rate) ** 2) ** numbers)
