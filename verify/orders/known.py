"""Find how TensorFlow computed a tensor: which known kernel gives its bits."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reference.rule import Rule
from verify.orders.order import APART, Order
from verify.orders.ordered import EIGEN, EIGEN_64, ONE_BY_ONE, ONEDNN, Kernel, computed
from verify.records.trace import Array

UNFUSED = Order(fused=False)
EIGHT, SIXTEEN = Order(strides=(1, 4, 2), rest=APART), Order(strides=(8, 4, 2, 1))
LARGEST = 384, 256  # the most terms that oneDNN adds in one block, with AVX-512 and with AVX2
XLA, EIGEN_BLOCK = 512, 320  # the most that XLA adds in one block, and Eigen in float64
NEARLY = 0.9
ROWS = 4  # an order is tried on so many rows of a product before all are computed


@dataclass(frozen=True)
class Found:
    """A kernel that gives TensorFlow's bits, what it computes, and how many numbers have these bits."""

    kernel: Kernel
    array: Array
    same: int

    def text(self, terms: int) -> str:
        """Return how TensorFlow computed, in words. `terms` is the length of the sums of a matrix product, or 0."""
        return self.kernel.products.text(terms) if terms else f"as {self.kernel.name} computes it"


def orders(terms: int) -> Iterator[Order]:
    """Yield the known orders of a matrix product with sums of so many terms, the most frequent first."""
    yield ONE_BY_ONE
    for most in LARGEST:
        if terms > most:
            yield Order(blocks=in_blocks(terms, most))
    if terms > XLA:
        yield Order(blocks=equal_blocks(terms, XLA))
    yield from (EIGHT, SIXTEEN, UNFUSED)
    if terms > EIGEN_BLOCK:
        yield Order(fused=False, blocks=equal_blocks(terms, EIGEN_BLOCK))
    if terms > LARGEST[0]:  # Eigen in float32 halves the sum, and leaves each half to oneDNN
        half = -(-terms // 2)
        yield Order(blocks=(in_blocks(half, LARGEST[0]), in_blocks(terms - half, LARGEST[0])))


def in_blocks(terms: int, most: int) -> tuple[int, ...]:
    """Return oneDNN's blocks of a sum. What is more than one block and less than two is halved, in multiples of 8."""
    sizes: list[int] = []
    while left := terms - sum(sizes):
        half = -(-((left + 1) // 2) // 8) * 8
        sizes.append(most if left >= 2 * most else left if left <= most else half)
    return tuple(sizes)


def equal_blocks(terms: int, most: int) -> tuple[int, ...]:
    """Return blocks of `most` terms and a last one with the rest."""
    whole, rest = divmod(terms, most)
    return (*[most] * whole, *([rest] if rest else []))


def find(rule: Rule, operands: tuple[Any, ...], tensorflow: Array) -> Found | None:
    """Return the known kernel that gives the most of TensorFlow's bits of a rule's tensor; None if none gives any."""
    best: Found | None = None
    terms = terms_of(rule, operands)
    if terms:
        product = Kernel("matrix product")
        kernels: Iterator[Kernel] = (replace(product, products=order) for order in orders(terms))
    else:
        eigen = EIGEN if tensorflow.dtype == np.float32 else EIGEN_64
        kernels = iter((eigen, replace(eigen, divides=False, stores=True), ONEDNN))
    for kernel in kernels:
        if best is not None and best.same == tensorflow.size:
            break
        if terms and not _gives_rows(rule, operands, tensorflow, kernel):
            continue
        array = computed(rule.compute, operands, kernel)
        if array is not None and array.shape == tensorflow.shape:
            same = int(np.count_nonzero(array == tensorflow))
            best = max((found for found in (best, Found(kernel, array, same)) if found), key=lambda found: found.same)
    return best if best is not None and best.same else None


def terms_of(rule: Rule, operands: tuple[Any, ...]) -> int:
    """Return how many terms the sums of a rule's matrix product have; 0 if it is none."""
    return int(np.shape(operands[0])[rule.summed[0]]) if rule.summed else 0


def _gives_rows(rule: Rule, operands: tuple[Any, ...], tensorflow: Array, kernel: Kernel) -> bool:
    """Return whether a kernel gives nearly all bits of the first rows of a matrix product; a few may be wrong there."""
    first = operands[0][:ROWS] if rule.summed and rule.summed[0] == 1 else operands[0][:, :ROWS]
    array = computed(rule.compute, (first, *operands[1:]), kernel)
    return array is not None and float(np.mean(array == tensorflow[:ROWS])) > NEARLY
