"""The details of each tensor: where its errors lie, how large they are beside their bounds, and single numbers.

A large tensor is thinned before it is drawn, always in the same way; the worst number is never left out.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from reports.detail import LEVELS, NOTHING, OUTSIDE, Bars, Closeup, Element, Heat, Scatter
from reports.explanation import Step
from reports.table import Cell, Table
from verify.compare.recompute import share
from verify.compare.tensor import Comparison, Errors
from verify.compare.wording import describe, index_text
from verify.essay.tables import ends, printed
from verify.records.precision import Floats
from verify.records.trace import Array

MOST = 128  # cells at most along each side of a heat map
BANDS = 40  # of magnitude in a scatter plot; only a few numbers of each are drawn
OF_A_BAND = 5
ULPS = (0.5, 1, 2, 4, 8, 16, 32, 64)
Explain = Callable[[str, tuple[int, ...], bool], Step | None]  # tensor, index, whether it is the worst


def closeup(c: Comparison, near: Errors | None, explain: Explain) -> Closeup:
    """Return the details of a tensor; one that could not be compared has only its sentence."""
    shape = " × ".join(map(str, c.shape)) or "a single number"
    title = f"[{shape}] by equation ({c.equation})" if c.order and c.equation else f"[{shape}]"
    if not c.passed:
        sentence = describe(c)
    else:
        at = f", at {index_text(c.worst_index)}" if c.worst_index else ""
        sentence = (
            f"{share(c.reproduced, c.elements)} of its numbers are reproduced bit for bit. The most that a number "
            f"of it used of what rounding allows is {c.utilisation:.3f}{at}; "
            f"{c.equal_share:.1%} are equal to the by-hand number, rounded."
        )
    bare = Closeup(c.tensor, f"tensor-{c.tensor}", c.layer, title, sentence, c.verdict, c.passed)
    if near is None or not near.error.size:
        return bare
    return replace(
        bare,
        heat=heat(near) if near.error.ndim else None,
        scatter=scatter(near),
        ulps=histogram(near.ulps),
        corner=corner(c, near) if near.error.ndim else (),
        elements=tuple(
            element(c.tensor, index, near, explain(c.tensor, index, index == c.worst_index)) for index in _listed(c)
        ),
    )


def heat(near: Errors) -> Heat:
    """Return a heat map in which each cell shows the worst of a block of elements; a vector is one row."""
    share = np.atleast_2d(near.share)
    share = share.reshape(-1, share.shape[-1])
    m, n = share.shape
    ranked = np.where(np.isfinite(share), np.minimum(share, 2.0), 3.0)
    blocks = np.maximum.reduceat(ranked, _cuts(m), axis=0)
    blocks = np.maximum.reduceat(blocks, _cuts(n), axis=1)
    levels = np.minimum(blocks * LEVELS, LEVELS - 1).astype(np.uint8)
    levels[blocks > 1] = OUTSIDE
    levels[blocks > 2] = NOTHING
    labels = ("i = 1", f"{m}", "j = 1", f"{n}")
    return Heat(blocks.shape[0], blocks.shape[1], levels.tobytes(), labels, _heat_in_words(share))


def _heat_in_words(share: Floats) -> str:
    """Return a description of the map of shares [m, n]."""
    size, finite = "Map of {:,} by {:,} numbers".format(*share.shape), share[np.isfinite(share)]
    if not finite.size:
        return f"{size}, none of them finite."
    return (
        f"{size}. {int(np.sum(~(share <= 1))):,} of {share.size:,} lie outside; half of them used less than "
        f"{np.median(finite):.2g} of what they were allowed, all that are finite at most {finite.max():.3g}."
    )


def _cuts(n: int) -> list[int]:
    return list(range(0, n, -(-n // MOST)))


def scatter(near: Errors) -> Scatter:
    """Return from each band of magnitudes the numbers with the largest share, the largest and the smallest error."""
    size, error, allowed = np.abs(near.by_hand).ravel(), near.error.ravel(), near.allowed.ravel()
    share = near.share.ravel()
    finite = np.isfinite(size) & np.isfinite(error) & np.isfinite(allowed)
    size, error, allowed, share = size[finite], error[finite], allowed[finite], share[finite]
    if not size.size:
        return Scatter((), (), (), "No number is finite.")
    with np.errstate(divide="ignore"):
        x, y, bound = np.log10(size), np.log10(error), np.log10(allowed)
    groups = _grouped(_bands(x))
    kept = _kept(groups, share, error)
    fits = share <= 1
    pairs = np.column_stack([x, y])
    within, outside = (tuple(map(tuple, pairs[kept[side[kept]]].tolist())) for side in (fits, ~fits))
    alt = (
        f"Errors from {error.min():.1e} to {error.max():.1e} beside magnitudes from {size.min():.1e} to "
        f"{size.max():.1e}; the bound goes from {allowed.min():.1e} to {allowed.max():.1e}; "
        f"{int((~fits).sum()):,} of {fits.size:,} above theirs."
    )
    return Scatter(within, outside, _bound(x, bound, groups), alt)


def _bands(x: Floats) -> Array:
    """Return the band of each magnitude, given as log10; -1 for a magnitude of 0."""
    finite = x[x > -np.inf]
    if not finite.size:
        return np.full(x.shape, -1)
    low, high = float(finite.min()), float(finite.max())
    width = (high - low) / BANDS or 1.0
    with np.errstate(invalid="ignore"):
        bands = np.clip(np.floor((x - low) / width), 0, BANDS - 1)
    return np.where(x > -np.inf, bands, -1).astype(np.int8)


def _grouped(band: Array) -> list[Array]:
    """Return the positions of the numbers, band by band."""
    order = np.argsort(band, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(band[order])) + 1)


def _kept(groups: list[Array], share: Floats, error: Floats) -> Array:
    """Return the positions of the numbers to draw, in order."""
    chosen = []
    for group in groups:
        for key in (-share[group], -error[group], error[group]):
            few = np.argpartition(key, OF_A_BAND)[:OF_A_BAND] if len(group) > OF_A_BAND else slice(None)
            chosen.append(group[few])
    return np.unique(np.concatenate(chosen))


def _bound(x: Floats, bound: Floats, groups: list[Array]) -> tuple[tuple[float, float, float], ...]:
    """Return for each band its mean magnitude, smallest and largest bound; a bound of 0 is left out."""
    rows = []
    for group in groups:
        across, up = x[group], bound[group]
        seen = (across > -np.inf) & (up > -np.inf)
        if seen.any():
            across, up = across[seen], up[seen]
            rows.append((float(across.mean()), float(up.min()), float(up.max())))
    return tuple(rows)


def histogram(ulps: Floats) -> Bars:
    """Return counts of errors up to ½, 1, 2, 4 … units in the last place; an infinite one counts in the last bar."""
    values = np.where(np.isfinite(ulps), ulps, np.inf).ravel()
    edges = np.array([0.0, *ULPS])
    counts = np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1).tolist()
    labels = ["0", "≤½", "≤1", "≤2", "≤4", "≤8", "≤16", "≤32", "≤64", ">64"]
    last = max(i for i, count in enumerate(counts) if count)
    shown = max(last, 3) + 1
    alt = (
        f"{sum(counts[:2]) / values.size:.1%} of the errors are at most half a unit in the last place, the largest is "
    )
    return Bars(tuple(zip(labels[:shown], counts, strict=False)), alt + f"{values.max():.3g} units.")


def corner(c: Comparison, near: Errors) -> tuple[Table, Table]:
    """Return the first four and the last of each axis, as the essay prints matrices: by hand and by TensorFlow."""
    return _corner(c, near.by_hand, "by hand"), _corner(c, near.tensorflow, "by TensorFlow")


def _corner(c: Comparison, side: Floats, named: str) -> Table:
    flat = np.atleast_2d(side).reshape(-1, side.shape[-1])
    rows = []
    for i in ends(flat.shape[0]):
        cells = [Cell("⋮" if i < 0 else str(i + 1))]
        for j in ends(flat.shape[1]):
            index = (i, j) if side.ndim > 1 else (j,)
            link = f"#{_anchor(c.tensor, index)}" if side.ndim < 3 else ""
            gap = "⋮" if i < 0 else "…"
            cells.append(Cell(gap) if i < 0 or j < 0 else Cell(printed(float(flat[i, j])), link=link))
        rows.append(tuple(cells))
    header = ("i", *("…" if j < 0 else f"j = {j + 1}" for j in ends(flat.shape[1])))
    return Table(f"{c.tensor} {named}", header, tuple(rows), frozenset(range(1, len(header))))


def _listed(c: Comparison) -> list[tuple[int, ...]]:
    """Return the indices of the numbers to list: the worst, if it is not in the corner, then the corner."""
    worst = [c.worst_index] if len(c.worst_index) == len(c.shape) else []
    if len(c.shape) > 2 or not c.shape:
        return worst
    sides = [[k for k in ends(size) if k >= 0] for size in c.shape]
    in_corner: list[tuple[int, ...]] = list(itertools.product(*sides))
    return [*(index for index in worst if index not in in_corner), *in_corner]


def _anchor(tensor: str, index: tuple[int, ...]) -> str:
    return "-".join([f"number-{tensor}", *(str(i + 1) for i in index)])


def element(tensor: str, index: tuple[int, ...], near: Errors, step: Step | None) -> Element:
    """Return the details of one number: both values, their difference, the bound, and the derivation."""
    by_hand, tensorflow, bound = (float(a[index]) for a in (near.by_hand, near.tensorflow, near.allowed))
    share, ulps = float(near.share[index]), float(near.ulps[index])
    used = "" if math.isnan(share) else f": {share:.3g} of it used"
    summary = f"Apart {abs(tensorflow - by_hand):.3g} ({ulps:.3g} ulp), allowed {bound:.3g}{used}."
    name = tensor + (f"[{','.join(str(i + 1) for i in index)}]" if index else "")
    sides = f"{by_hand:.9g}", f"{tensorflow:.9g}"
    if step is not None and step.outcome is not None:
        sides = step.outcome.by_hand + ("" if step.outcome.exact else "…"), step.outcome.tensorflow
    return Element(name, _anchor(tensor, index), *sides, summary, share <= 1, step)
