"""Indices that follow the letters of sums and maxima around them: the k+2 in x_{1,k+2}."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from verify.records.trace import Array

Ranges = tuple[tuple[str, int], ...]  # letters, each with the number of values that it takes
Affine = tuple[Fraction, tuple[Fraction, ...]]  # the index where all letters stand at their start, and a step of each
NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Running:
    """An index, counted from 0, for all values of some letters: `values` has one axis for each letter of `ranges`.

    `inside` is False where the index belongs to no element: there the number is 0.
    """

    ranges: Ranges
    values: Array
    inside: Array

    def put(self, numbers: Mapping[str, int]) -> Running | int:
        """Return the index with numbers in place of some letters; NOWHERE if it then belongs to no element."""
        key = tuple(numbers.get(letter, slice(None)) for letter, _ in self.ranges)
        ranges = tuple(pair for pair in self.ranges if pair[0] not in numbers)
        if ranges:
            return Running(ranges, self.values[key], self.inside[key])
        return int(self.values[key]) if self.inside[key] else NOWHERE

    def only(self) -> dict[str, int]:
        """Return the letters for which the index belongs to an element at one value only, and this value."""
        places = [np.unique(k) for k in np.nonzero(self.inside)]
        return {x: int(k[0]) for (x, _), k in zip(self.ranges, places, strict=True) if len(k) == 1}


Index = tuple[
    "int | str | Running", ...
]  # counted from 0; a letter that a sum or maximum runs over, or what follows it


def spread(index: Index, scope: Ranges) -> tuple[Ranges, tuple[Array, ...], Array]:
    """Return the letters of an index, its values for all their values, and where it belongs to an element.

    `scope` has all letters of the sums around the index, in order.
    """
    used = {i for i in index if isinstance(i, str)} | {x for i in index if isinstance(i, Running) for x, _ in i.ranges}
    ranges = tuple(pair for pair in scope if pair[0] in used)

    def along(array: Array, letters: Sequence[str]) -> Array:
        return array.reshape([n if letter in letters else 1 for letter, n in ranges])

    values, inside = [], np.ones([n for _, n in ranges], dtype=bool)
    for i in index:
        if isinstance(i, Running):
            letters = [letter for letter, _ in i.ranges]
            values.append(along(i.values, letters))
            inside = inside & along(i.inside, letters)
        else:
            values.append(along(np.arange(dict(ranges)[i]), [i]) if isinstance(i, str) else np.array(i))
    return ranges, tuple(values), inside


def simplified(ranges: Ranges, values: Array, inside: Array) -> int | str | Running:
    """Return an index as a number or a letter where it is one."""
    values = np.broadcast_to(values, inside.shape)
    if inside.all():
        if (values == values.flat[0]).all():
            return int(values.flat[0])
        for axis, (letter, n) in enumerate(ranges):
            if (np.moveaxis(values, axis, -1) == np.arange(n)).all():
                return letter
    return Running(ranges, values, inside)


def written(index: Index, shape: tuple[int, ...]) -> tuple[str, ...] | None:
    """Return each index of an element as a formula in the letters, from 1; None if there is no such formula.

    The formulas are right if they are the index wherever there is an element, and belong to no element of the `shape`
    elsewhere.
    """
    texts: list[str] = []
    impossible: Array = np.zeros((), dtype=bool)  # where the formulas belong to no element
    runs = [i for i in index if isinstance(i, Running)]
    for i, n in zip(index, shape, strict=True):
        if not isinstance(i, Running):
            texts.append(str(i + 1) if isinstance(i, int) else i)
            continue
        affine = _affine(i)
        if affine is None or i.ranges != runs[0].ranges:
            return None
        numerators, under = _on_grid(affine, i.values.shape)
        if (numerators != i.values * under)[i.inside].any():
            return None
        impossible = impossible | (numerators % under != 0) | (numerators < 0) | (numerators >= n * under)
        texts.append(_text(affine, [letter for letter, _ in i.ranges]))
    return None if any((~i.inside & ~impossible).any() for i in runs) else tuple(texts)


def letters_of(index: Index) -> tuple[str, ...]:
    """Return the letters that an index depends on, in order."""
    letters = [[i] if isinstance(i, str) else [x for x, _ in i.ranges] for i in index if not isinstance(i, int)]
    return tuple(dict.fromkeys(letter for each in letters for letter in each))


def elements_of(array: Array, index: Index | None) -> tuple[float, ...]:
    """Return the different numbers of an array that an index runs over; None: all.  A letter runs over its axis."""
    key = tuple(
        slice(None) if isinstance(i, str) else np.unique(i.values[i.inside]) if isinstance(i, Running) else [i]
        for i in index or ()
    )
    for axis, indices in enumerate(key):
        array = array.take(range(array.shape[axis])[indices] if isinstance(indices, slice) else indices, axis=axis)
    return tuple(dict.fromkeys(map(float, array.ravel().tolist())))


def listed(index: Index) -> tuple[tuple[str, ...], bool]:
    """Return all elements that an index runs over, "[2,k,1]" counted from 1, and whether it runs over zeros too."""
    ranges = tuple(dict.fromkeys(pair for i in index if isinstance(i, Running) for pair in i.ranges))
    _, arrays, inside = spread(tuple(0 if isinstance(i, str) else i for i in index), ranges)
    columns = [
        [i] * int(inside.sum())
        if isinstance(i, str)
        else [str(k + 1) for k in np.broadcast_to(a, inside.shape)[inside]]
        for i, a in zip(index, arrays, strict=True)
    ]
    elements = dict.fromkeys(f"[{','.join(row)}]" for row in zip(*columns, strict=True))
    return tuple(elements), not bool(inside.all())


def _affine(i: Running) -> Affine | None:
    """Return the start of an index and its step for each letter, from a few of its values; None if it has none."""
    if not i.inside.any():
        return None
    steps = [_step(i, axis) for axis in range(i.values.ndim)]
    position = np.argwhere(i.inside)[0]
    way = sum((step * int(k) for step, k in zip(steps, position, strict=True)), start=Fraction(0))
    return int(i.values[tuple(position)]) - way, tuple(steps)


def _step(i: Running, axis: int) -> Fraction:
    """Return by how much an index grows with a letter; 0 if it belongs to an element for one value only."""
    n = i.values.shape[axis]
    values, inside = (np.moveaxis(array, axis, -1).reshape(-1, n) for array in (i.values, i.inside))
    row = int(np.argmax(inside.sum(axis=-1)))
    first, last = np.flatnonzero(inside[row])[[0, -1]]
    return Fraction(int(values[row, last] - values[row, first]), int(last - first)) if last > first else Fraction(0)


def _on_grid(affine: Affine, shape: tuple[int, ...]) -> tuple[Array, int]:
    """Return the index for all values of the letters, as numerators over one denominator."""
    start, steps = affine
    under = lcm(start.denominator, *(step.denominator for step in steps))
    numerators = np.full(shape, int(start * under))
    for axis, (step, n) in enumerate(zip(steps, shape, strict=True)):
        numerators += (np.arange(n) * int(step * under)).reshape([n if k == axis else 1 for k in range(len(shape))])
    return numerators, under


def _text(affine: Affine, letters: Sequence[str]) -> str:
    """Return the index as a formula in letters that count from 1: "k+2", "4-k", "(k+1)/2"."""
    start, steps = affine
    constant = start + 1 - sum(steps)
    under = lcm(constant.denominator, *(step.denominator for step in steps))
    parts = [(int(step * under), letter) for step, letter in zip(steps, letters, strict=True)]
    parts = [(number, text) for number, text in (*parts, (int(constant * under), "")) if number]
    text = ""
    for number, letter in sorted(parts, key=lambda part: part[0] < 0):
        sign = "-" if number < 0 else "+" if text else ""
        text += sign + (letter if abs(number) == 1 and letter else f"{abs(number)}{letter}")
    return (text or "0") if under == 1 else f"({text})/{under}"
