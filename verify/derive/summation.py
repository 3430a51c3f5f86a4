"""Name the order in which TensorFlow added up a long sum of products, where the order decides the bits.

Two orders are tried that CPU kernels use, both with fused multiply-adds. A matrix with one row is multiplied term after
term. oneDNN's matrix product takes blocks of at most 384 terms; each block is a sum, and the blocks are then added in
turn. Either is a right evaluation of the equation, and the bound allows for any order.
"""

from collections.abc import Iterator

import numpy as np

from reference.rule import Rule
from verify.derive.case import DerivedStep
from verify.records.trace import Array

BLOCK = 384  # BK in oneDNN's sgemm: the terms of a block
IN_TURN = "one term after the other"
IN_BLOCKS = f"in blocks of at most {BLOCK} terms, then the blocks in turn"


def order_of_summation(case: DerivedStep, rule: Rule, position: tuple[int, ...]) -> Iterator[str]:
    """Yield the order whose bits TensorFlow's number has, if exactly one of the orders has them. float32 only."""
    if rule.summed is None or case.trace.settings.dtype != "float32":
        return
    a, b, *bias = (case.array(name) for name in rule.inputs)
    x, y = _terms(a, b, rule.summed, position)
    shift = np.broadcast_to(bias[0], case.shape(rule.tensor))[position] if bias else np.float32(0)
    sums = {IN_TURN: _added(x, y, [len(x)]) + shift, IN_BLOCKS: _added(x, y, blocks(len(x))) + shift}
    actual = case.array(rule.tensor)[position]
    fitting = [order for order, value in sums.items() if value == actual]
    if len(fitting) == 1:
        other = next(order for order in sums if order != fitting[0])
        yield (
            f"TensorFlow's bits are those of {len(x):,} fused multiply-adds {fitting[0]}; "
            f"{other} they would give {sums[other]:.9g}"
        )


def blocks(terms: int) -> list[int]:
    """Return the sizes of oneDNN's blocks: of the last two, neither is much smaller than the other."""
    sizes: list[int] = []
    while terms:
        size = BLOCK if terms >= 2 * BLOCK else (terms + 1) // 2 if terms > BLOCK else terms
        sizes.append(size)
        terms -= size
    return sizes


def _terms(a: Array, b: Array, axes: tuple[int, int], position: tuple[int, ...]) -> tuple[Array, Array]:
    """Return the factors of the products that one number is the sum of."""
    left, right = np.moveaxis(a, axes[0], -1), np.moveaxis(b, axes[1], -1)
    split = left.ndim - 1
    return left[position[:split]], right[position[split:]]


def _added(x: Array, y: Array, sizes: list[int]) -> np.float32:
    """Return the sum of x·y, block by block. A product of two float32 is exact in float64, so only sums are rounded."""
    products, total, first = x.astype(np.float64) * y, np.float32(0), 0
    for size in sizes:
        block = np.float32(0)
        for product in products[first : first + size]:
            block = np.float32(block + product)
        total, first = np.float32(total + block), first + size
    return total
