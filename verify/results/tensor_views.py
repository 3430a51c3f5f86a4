"""The details of each tensor: where its errors lie, how large they are beside their bounds, and single numbers.

Only a part of a large tensor is drawn, chosen by fixed rules; the worst number always belongs to it.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from reports.detail import LEVELS, NOT_FINITE, OUTSIDE, Bars, Element, Heat, Scatter, TensorView
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
FEW = 5  # numbers of a band that are drawn for each reason
ULPS = {0.0: "0", 0.5: "≤½", 1.0: "≤1", 2.0: "≤2", 4.0: "≤4", 8.0: "≤8", 16.0: "≤16", 32.0: "≤32", 64.0: "≤64"}
Index = tuple[int, ...]
Explain = Callable[[str, Index, bool], Step | None]  # tensor, index, whether it is the worst


def tensor_view(c: Comparison, errors: Errors | None, explain: Explain) -> TensorView:
    """Return the details of a tensor; one that could not be compared has only its sentence."""
    shape = " × ".join(map(str, c.shape)) or "a single number"
    title = f"[{shape}] by equation ({c.equation})" if c.order and c.equation else f"[{shape}]"
    if not c.passed:
        sentence = describe(c)
    else:
        place = f", at {index_text(c.worst_index)}" if c.worst_index else ""
        sentence = (
            f"{share(c.reproduced, c.elements)} of the numbers are reproduced bit for bit. The largest error ÷ bound "
            f"is {c.utilisation:.3f}{place}; {c.equal_share:.1%} are equal to the by-hand number, correctly rounded."
        )
    view = TensorView(c.tensor, f"tensor-{c.tensor}", c.layer, title, sentence, c.verdict, c.passed)
    if errors is None or not errors.error.size:
        return view
    return replace(
        view,
        heat=heat(errors) if c.shape else None,
        scatter=scatter(errors),
        ulps=histogram(errors.ulps),
        corner=corner(c, errors) if c.shape else (),
        elements=tuple(
            element(c.tensor, index, errors, explain(c.tensor, index, index == c.worst_index)) for index in _listed(c)
        ),
    )


def heat(errors: Errors) -> Heat:
    """Return a heat map in which each cell shows the worst of a block of elements; a vector is one row."""
    ratio = _as_matrix(errors.utilisation)
    ranked = np.where(np.isfinite(ratio), np.minimum(ratio, 2.0), 3.0)
    for axis, size in enumerate(ratio.shape):
        ranked = np.maximum.reduceat(ranked, range(0, size, -(-size // MOST)), axis=axis)
    levels = np.minimum(ranked * LEVELS, LEVELS - 1).astype(np.uint8)
    levels[ranked > 1] = OUTSIDE
    levels[ranked > 2] = NOT_FINITE
    (rows, columns), (m, n) = ranked.shape, ratio.shape
    return Heat(rows, columns, levels.tobytes(), ("i = 1", f"{m}", "j = 1", f"{n}"), _heat_in_words(ratio))


def _as_matrix(array: Floats) -> Floats:
    """Return an array as a matrix [m, n]: a vector becomes one row, and all axes but the last become one."""
    return np.atleast_2d(array).reshape(-1, array.shape[-1])


def _heat_in_words(ratio: Floats) -> str:
    """Return a description of the map of error/bound [m, n]."""
    size, finite = "Map of {:,} by {:,} numbers".format(*ratio.shape), ratio[np.isfinite(ratio)]
    if not finite.size:
        return f"{size}, none of them finite."
    return (
        f"{size}. {int(np.sum(~(ratio <= 1))):,} of {ratio.size:,} lie outside; the median of error ÷ bound is "
        f"{np.median(finite):.2g}, the largest finite one {finite.max():.3g}."
    )


def scatter(errors: Errors) -> Scatter:
    """Return from each band of magnitudes the numbers of largest error/bound, of largest and of smallest error."""
    arrays = (np.abs(errors.by_hand), errors.error, errors.bound, errors.utilisation)
    numbers = np.stack([np.ravel(array) for array in arrays])
    size, error, bound, ratio = numbers[:, np.isfinite(numbers[:3]).all(axis=0)]
    if not size.size:
        return Scatter((), (), (), "No number is finite.")
    with np.errstate(divide="ignore"):
        x, y, height = np.log10(size), np.log10(error), np.log10(bound)
    groups = _bands(x)
    chosen = _chosen(groups, ratio, error)
    passes = ratio <= 1
    pairs = np.column_stack([x, y])
    within, outside = (tuple(map(tuple, pairs[chosen[side[chosen]]].tolist())) for side in (passes, ~passes))
    alt = (
        f"Errors from {error.min():.1e} to {error.max():.1e} beside magnitudes from {size.min():.1e} to "
        f"{size.max():.1e}; the bounds lie from {bound.min():.1e} to {bound.max():.1e}; "
        f"{int((~passes).sum()):,} of {passes.size:,} errors are above their bound."
    )
    return Scatter(within, outside, _bound(x, height, groups), alt)


def _bands(x: Floats) -> list[Array]:
    """Return the positions of the numbers in each band of magnitude, given as log10; those of 0 are a band too."""
    finite = x[x > -np.inf]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    width = (high - low) / BANDS or 1.0
    band = np.where(x > -np.inf, np.clip(np.floor((x - low) / width), 0, BANDS - 1), -1).astype(np.int8)
    order = np.argsort(band, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(band[order])) + 1)


def _chosen(groups: list[Array], ratio: Floats, error: Floats) -> Array:
    """Return the positions of the numbers to draw, in order."""
    positions = []
    for group in groups:
        for key in (-ratio[group], -error[group], error[group]):
            first = np.argpartition(key, FEW)[:FEW] if len(group) > FEW else slice(None)
            positions.append(group[first])
    return np.unique(np.concatenate(positions))


def _bound(x: Floats, bound: Floats, groups: list[Array]) -> tuple[tuple[float, float, float], ...]:
    """Return for each band its mean magnitude, smallest and largest bound, all as log10; a bound of 0 is left out."""
    rows = []
    for group in groups:
        drawn = group[(x[group] > -np.inf) & (bound[group] > -np.inf)]
        if drawn.size:
            rows.append((float(x[drawn].mean()), float(bound[drawn].min()), float(bound[drawn].max())))
    return tuple(rows)


def histogram(ulps: Floats) -> Bars:
    """Return counts of errors up to ½, 1, 2, 4 … units in the last place; an infinite one counts in the last bar."""
    values = np.where(np.isfinite(ulps), ulps, np.inf).ravel()
    counts = np.bincount(np.searchsorted([*ULPS], values), minlength=len(ULPS) + 1).tolist()
    shown = max(3, *(i for i, count in enumerate(counts) if count)) + 1
    alt = (
        f"{sum(counts[:2]) / values.size:.1%} of the errors are at most half a unit in the last place, the largest is "
        f"{values.max():.3g} units."
    )
    return Bars(tuple(zip([*ULPS.values(), ">64"], counts, strict=True))[:shown], alt)


def corner(c: Comparison, errors: Errors) -> tuple[Table, Table]:
    """Return the first four and the last of each axis, as the essay prints matrices: by hand and by TensorFlow."""
    return _corner(c, errors.by_hand, "by hand"), _corner(c, errors.tensorflow, "by TensorFlow")


def _corner(c: Comparison, array: Floats, side: str) -> Table:
    matrix = _as_matrix(array)
    rows = []
    for i in ends(matrix.shape[0]):
        cells = [Cell("⋮" if i < 0 else str(i + 1))]
        for j in ends(matrix.shape[1]):
            link = f"#{_anchor(c.tensor, (i, j) if array.ndim > 1 else (j,))}" if array.ndim < 3 else ""
            gap = "⋮" if i < 0 else "…"
            cells.append(Cell(gap) if i < 0 or j < 0 else Cell(printed(float(matrix[i, j])), link=link))
        rows.append(tuple(cells))
    header = ("i", *("…" if j < 0 else f"j = {j + 1}" for j in ends(matrix.shape[1])))
    return Table(f"{c.tensor} {side}", header, tuple(rows), frozenset(range(1, len(header))))


def _listed(c: Comparison) -> list[Index]:
    """Return the indices of the numbers to list: the worst, if it is not in the corner, then the corner."""
    in_corner: list[Index] = []
    if 0 < len(c.shape) < 3:
        in_corner = list(itertools.product(*([k for k in ends(size) if k >= 0] for size in c.shape)))
    is_extra = len(c.worst_index) == len(c.shape) and c.worst_index not in in_corner
    return [c.worst_index, *in_corner] if is_extra else in_corner


def _anchor(tensor: str, index: Index) -> str:
    return "-".join([f"number-{tensor}", *(str(i + 1) for i in index)])


def element(tensor: str, index: Index, errors: Errors, step: Step | None) -> Element:
    """Return the details of one number: both values, their difference, the bound, and the derivation."""
    by_hand, tensorflow, bound = (float(a[index]) for a in (errors.by_hand, errors.tensorflow, errors.bound))
    ratio, ulps = float(errors.utilisation[index]), float(errors.ulps[index])
    summary = f"Difference {abs(tensorflow - by_hand):.3g} ({ulps:.3g} ulp), bound {bound:.3g}"
    summary += "." if np.isnan(ratio) else f", error ÷ bound {ratio:.3g}."
    name = tensor + (f"[{','.join(str(i + 1) for i in index)}]" if index else "")
    sides = f"{by_hand:.9g}", f"{tensorflow:.9g}"
    if step is not None and step.outcome is not None:
        sides = step.outcome.by_hand + ("" if step.outcome.exact else "…"), step.outcome.tensorflow
    return Element(name, _anchor(tensor, index), *sides, summary, ratio <= 1, step)
