"""Judge what is drawn in a step: nobody can recompute it, but it must look like independent draws.

Dropout masks must have the layer's rate, and noise must be normal (`noise.py`).
"""

from collections.abc import Iterator, Mapping
from copy import copy
from hashlib import blake2b
from math import comb, exp, log
from typing import Self

import numpy as np

from reference.layers.dropout import Dropout
from reference.layers.noise import Noise
from reference.network import Network
from verify.compare.noise import CHANCE, is_coarse, is_no_chance, moments, repeats, strange_moments
from verify.compare.tensor import Comparison
from verify.records.trace import Array


class Masks:
    """The masks and the noise of a run, step by step.

    What is tested of masks: the share of ones in all steps so far, where the layer's input is positive, where it is
    not, and together. Of noise: mean, standard deviation and distribution, in each step and in all so far. Of both:
    whether rows (examples) or columns (nodes) repeat, and whether the whole tensor repeats.
    `counts` has for each mask the numbers drawn so far and those of them that are 1: where the input is positive, and
    where it is not. `moments` has those of each noise so far. `seen` has the steps of all masks and noise so far, by a
    hash.
    """

    def __init__(self, network: Network) -> None:
        self.places: dict[str, tuple[float, int, str, str]] = {}
        self.shared: dict[str, tuple[int, ...]] = {}
        self.noise = [
            (name, layer, place.number)
            for layer, place in network.places
            if isinstance(layer, Noise)
            for name in layer.drawn(place)
        ]
        self.counts: dict[str, Array] = {}
        self.moments: dict[str, Array] = {}
        self.seen: dict[tuple[str, bytes], int] = {}
        for layer, place in network.places:
            if isinstance(layer, Dropout):
                self.places |= {
                    name: (layer.rate, place.number, place.reads, layer.source) for name in layer.drawn(place)
                }
                self.shared |= {name: layer.shared for name in layer.drawn(place)}

    def copy(self) -> Self:
        """Return a copy, which can take the next step with other masks."""
        other = copy(self)
        other.counts, other.moments, other.seen = dict(self.counts), dict(self.moments), dict(self.seen)
        return other

    def problems(self, step: int, tensors: Mapping[str, Array]) -> Iterator[Comparison]:
        """Yield a failed comparison for each mask and each noise of the next step that chance does not explain."""
        yield from self._noise_problems(step, tensors)
        for name, (rate, layer, reads, source) in self.places.items():
            mask = tensors.get(name)
            if mask is None or mask.ndim < 2 or not mask.size or not np.all((mask == 0) | (mask == 1)):
                continue  # another check names it
            A, first = tensors.get(reads), mask
            for axis in self.shared[name]:
                first = first.take([0], axis=axis)
            if not np.array_equal(np.broadcast_to(first, mask.shape), mask):
                text = f"its numbers differ along the axes {list(self.shared[name])}, for which one number is drawn"
                yield Comparison(step, 0, name, source, layer, mask.shape, "local", "outside", explanation=text)
                continue
            mask = first
            mask, A = mask.reshape(len(mask), -1), None if A is None or not A.ndim else A.reshape(len(A), -1)
            text = self._shares(name, mask, A, rate)
            text = text or _repeats(mask, rate) or self._again(name, step, mask, rate)
            if text:
                text = f"{text}; chance does that less than once in {1 / CHANCE:.0e} steps"
                yield Comparison(step, 0, name, source, layer, mask.shape, "local", "outside", explanation=text)

    def _noise_problems(self, step: int, tensors: Mapping[str, Array]) -> Iterator[Comparison]:
        """Yield a failed comparison for each noise that chance does not explain."""
        for name, layer, number in self.noise:
            noise = tensors.get(name)
            if noise is None or noise.ndim < 2 or not noise.size or not np.isfinite(noise).all():
                continue  # another check names it
            text = self._strange(name, noise, layer.mean, layer.standard_deviation)
            key = (name, blake2b(np.ascontiguousarray(noise).tobytes(), digest_size=16).digest())
            before = self.seen.setdefault(key, step)
            if not text and before != step and is_no_chance(noise, layer.standard_deviation, len(self.seen)):
                text = f"it is the noise of step {before} again"
            if text:
                text = f"{text}; chance does that less than once in {1 / CHANCE:.0e} steps"
                yield Comparison(step, 0, name, layer.source, number, noise.shape, "local", "outside", explanation=text)

    def _strange(self, name: str, noise: Array, mean: float, deviation: float) -> str:
        """Return what is wrong with noise, in this step or in all steps so far; else ""."""
        if is_coarse(noise, mean, deviation):
            return ""
        now = moments(noise, mean, deviation)
        self.moments[name] = every = self.moments.get(name, 0.0) + now
        text = strange_moments(now, mean, deviation) or repeats(noise, deviation)
        return text or strange_moments(every, mean, deviation)

    def _shares(self, name: str, mask: Array, A: Array | None, rate: float) -> str:
        """Return what is wrong with the share of ones, in all steps so far; else ""."""
        positive = A > 0 if A is not None and A.shape == mask.shape else np.zeros(mask.shape, dtype=bool)
        new = [(part.size, int(part.sum())) for part in (mask[positive], mask[~positive])]
        self.counts[name] = counts = self.counts.get(name, 0) + np.array(new)
        if text := _share(counts.sum(axis=0), rate):
            return text
        parts = zip(("positive", "not positive"), counts, strict=True)
        return next((f"where its input is {where}, {text}" for where, n in parts if (text := _share(n, rate))), "")

    def _again(self, name: str, step: int, mask: Array, rate: float) -> str:
        """Return that an earlier step had the same mask, if there are enough numbers to tell; else ""."""
        key = (
            name,
            blake2b(np.packbits(mask.astype(bool)).tobytes(), digest_size=16).digest() + repr(mask.shape).encode(),
        )
        before = self.seen.setdefault(key, step)
        if before == step or len(self.seen) * _equal(rate, mask.size) >= CHANCE:
            return ""
        return f"it is the mask of step {before} again"


def _share(counts: Array, rate: float) -> str:
    """Return what is wrong with the share of ones, or "".  The chance is bounded by Chernoff's inequality."""
    drawn, kept = map(int, counts)
    if not drawn or 2 * exp(-drawn * _divergence(kept / drawn, 1 - rate)) >= CHANCE:
        return ""
    return f"it keeps {kept:,} of {drawn:,} numbers, where a rate of {rate:g} keeps {1 - rate:.3g} of them"


def _divergence(a: float, b: float) -> float:
    """Return the Kullback-Leibler divergence of two probabilities."""
    return sum(x * log(x / y) for x, y in ((a, b), (1 - a, 1 - b)) if x > 0)


def _repeats(mask: Array, rate: float) -> str:
    """Return that examples or nodes have the same masks, if chance does not explain how many; else "".

    n independent rows have at most k different values with a probability of at most C(n, k)·(k·q)^(n-k), where q bounds
    the probability of one value: k rows can be chosen, such that each other row equals one of them.
    """
    for what, rows in (("examples", mask), ("nodes", mask.T)):
        n, different = len(rows), len(np.unique(np.packbits(rows.astype(bool), axis=1), axis=0))
        log_q = rows.shape[1] * log(max(rate, 1 - rate))
        chance = log(comb(n, different)) + (n - different) * (log(different) + log_q)
        if different < n and chance < log(CHANCE):
            return f"the {n:,} {what} have only {different:,} different masks"
    return ""


def _equal(rate: float, numbers: int) -> float:
    """Return the probability that so many pairs of independent draws are all equal."""
    return float((rate**2 + (1 - rate) ** 2) ** numbers)
