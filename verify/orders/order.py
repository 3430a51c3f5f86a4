"""The order in which a computer adds up many terms, as a value that can be evaluated in NumPy."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from verify.orders.fused import multiply_add
from verify.records.trace import Array

Step = Callable[[Any, int], Any]  # of a partial sum and the number of a term: the partial sum with this term
PADDED, APART, HALF = "padded", "apart", "half"


@dataclass(frozen=True)
class Order:
    """An order of summation. The default adds one term after the other.

    `fused`: the products of a matrix product are added without being rounded first.
    `blocks`: the lengths of blocks, each summed up for itself; their sums are added in turn. A block may have blocks.
    `strides`: with s of them there are 2^s lanes. Lane j has the terms j, j + 2^s, …. The lanes are then added in pairs
    whose numbers differ by the first stride, their sums in pairs that differ by the second, and so on.
    `rest`: what becomes of the terms of a last round that does not fill all lanes. They are added to the first lanes
    ("padded"); or they are added one after the other, not fused, and their sum is added to that of the lanes ("apart");
    or so is what is left after half a round ("half").
    """

    fused: bool = True
    blocks: tuple[Any, ...] = ()
    strides: tuple[int, ...] = ()
    rest: str = PADDED

    @property
    def lanes(self) -> int:
        """The number of lanes."""
        return 1 << len(self.strides)

    def product(self, a: Array, b: Array) -> Array:
        """Return the matrix product a·b.  a [m, k], b [k, n] -> [m, n], of their precision."""
        zero = np.zeros((len(a), b.shape[1]), np.result_type(a, b))

        def unfused(total: Any, k: int) -> Any:
            return total + a[:, k : k + 1] * b[k : k + 1]

        def fused(total: Any, k: int) -> Any:
            return multiply_add(a[:, k : k + 1], b[k : k + 1], total)

        return np.asarray(self._added(a.shape[1], fused if self.fused else unfused, unfused, zero))

    def total(self, terms: Array) -> Array:
        """Return the sum along the last axis.  [..., k] -> [...], of the same precision."""

        def plus(total: Any, k: int) -> Any:
            return total + terms[..., k]

        return np.asarray(self._added(terms.shape[-1], plus, plus, np.zeros(terms.shape[:-1], terms.dtype)))

    def text(self, terms: int) -> str:
        """Return the order in words, for so many terms."""
        words = [f"{terms:,} terms", *(["fused"] if self.fused else [])]
        if self.blocks:
            sizes = (" + ".join(map(str, size)) if isinstance(size, tuple) else str(size) for size in self.blocks)
            words.append(f"in blocks of {', '.join(sizes)}")
        if self.strides:
            halves = self.strides == tuple(self.lanes >> k for k in range(1, len(self.strides) + 1))
            how = "whose halves are added until one is left" if halves else f"added {self._pairs()}"
            words.append(f"in {self.lanes} lanes, {how}")
        return ", ".join(words if self.blocks or self.strides else [*words, "one after the other"])

    def _added(self, count: int, step: Step, single: Step, zero: Any) -> Any:
        """Return the sum of so many terms, block by block."""
        blocks = [size if isinstance(size, tuple) else (size,) for size in self.blocks or (count,)]
        if sum(map(sum, blocks)) != count:
            raise ValueError(f"blocks of {self.blocks} are not {count} terms")
        parts, begin = [], 0
        for inner in blocks:
            sums = []
            for length in inner:
                sums.append(self._in_lanes(range(begin, begin + length), step, single, zero))
                begin += length
            parts.append(reduce(add, sums))
        return reduce(add, parts)

    def _in_lanes(self, terms: range, step: Step, single: Step, zero: Any) -> Any:
        """Return the sum of these terms."""
        lanes, whole = [zero] * self.lanes, len(terms)
        if self.rest != PADDED:
            unit = self.lanes // 2 if self.rest == HALF else self.lanes
            whole -= whole % unit
        for k in range(whole):
            lanes[k % self.lanes] = step(lanes[k % self.lanes], terms[k])
        for stride in self.strides:
            lanes = [_plus(lanes[j], lanes[j + stride]) if not j & stride and lanes[j] is not None else None
                     for j in range(self.lanes)]  # fmt: skip
        rest = zero
        for k in range(whole, len(terms)):
            rest = single(rest, terms[k])
        return lanes[0] if whole == len(terms) else rest + lanes[0]

    def _pairs(self) -> str:
        """Return how the lanes are added, such as "(0+2)+(1+3)"."""
        texts: dict[int, str] = {j: str(j) for j in range(self.lanes)}
        for count, stride in enumerate(self.strides):
            pairs = {j: f"{texts[j]}+{texts[j + stride]}" for j in texts if not j & stride}
            texts = pairs if count == len(self.strides) - 1 else {j: f"({text})" for j, text in pairs.items()}
        return texts[0]


def _plus(a: Any, b: Any) -> Any:
    """Return a + b; a if there is no b."""
    return a if b is None else a + b
