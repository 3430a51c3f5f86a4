"""Compute the points, limits and marks of a plot before it is drawn."""

import math
from collections.abc import Sequence
from itertools import pairwise

Points = list[tuple[float, float]]

MOST = 2000  # points of one line
LARGEST, SMALLEST = 1e300, 1e-300  # larger values count as infinite, smaller ones as 0 on a logarithmic axis


def points(x: Sequence[float], y: Sequence[float], log_y: bool) -> Points:
    """Return the points to draw; (NaN, NaN) is a gap. On a logarithmic axis the height is log10 y, and -inf for 0.

    Raises ValueError if x and y differ in length.
    """
    pairs = []
    for pair in zip(x, y, strict=True):
        across, up = map(float, pair)  # a float32 cannot be compared with 1e300
        if not (abs(across) <= LARGEST and abs(up) <= LARGEST) or (log_y and up < 0):
            across = up = math.nan
        elif log_y:
            up = math.log10(up) if up >= SMALLEST else -math.inf
        pairs.append((across, up))
    return pairs


def thinned(whole: Points, most: int = MOST) -> Points:
    """Return at most `most` points: the first, the last, and of each bin the lowest, the highest and one gap."""
    if len(whole) <= most:
        return whole
    inside = range(1, len(whole) - 1)
    size = -(-len(inside) // ((most - 2) // 3))
    kept = {0, len(whole) - 1}
    for start in range(0, len(inside), size):
        chunk = inside[start : start + size]
        present = [i for i in chunk if not math.isnan(whole[i][1])]
        if present:
            kept |= {min(present, key=lambda i: whole[i][1]), max(present, key=lambda i: whole[i][1])}
        if len(present) < len(chunk):
            kept.add(next(i for i in chunk if math.isnan(whole[i][1])))
    return [whole[i] for i in sorted(kept)]


def from_zero(values: list[float]) -> list[float]:
    """Return the values with 0 added, if none is negative and the axis would begin near 0."""
    return [0.0, *values] if values and 0 <= min(values) <= max(values) / 2 else values


def limits(values: list[float], narrowest: float = 0) -> tuple[float, float]:
    """Return limits around all values with a margin; the width is at least `narrowest` times the largest magnitude."""
    low, high = min(values), max(values)
    width = max(high - low, narrowest * max(abs(low), abs(high))) if low < high else abs(low) or 1.0
    middle = low / 2 + high / 2
    return middle - 0.54 * width, middle + 0.54 * width


def decades(heights: list[float], floor: float) -> tuple[float, float]:
    """Return limits at whole powers of ten, with a margin; they begin at `floor` if a height is -inf (a zero)."""
    finite = [y for y in heights if y > -math.inf]
    low = floor if -math.inf in heights else floor + 1
    high = max(math.ceil(max(finite, default=0.0)), low + 1)
    margin = min(0.9, 0.04 * (high - low))
    return low - margin, high + margin


def powers(low: float, high: float, zero: bool) -> tuple[list[float], list[str]]:
    """Return some whole exponents between the limits, and the powers of ten as texts; with `zero` the lowest is "0"."""
    first, last = math.ceil(low), math.floor(high)
    exponents = range(first + zero, last + 1, max(1, math.ceil((last - first) / 5)))
    texts = ["1" if power == 0 else f"1e{power:+03d}" for power in exponents]
    return [float(first)] * zero + [float(power) for power in exponents], ["0"] * zero + texts


def marks(low: float, high: float, most: int, whole: bool = False) -> tuple[list[float], list[str]]:
    """Return round numbers between the limits, and their texts with enough digits to tell them apart."""
    from matplotlib.ticker import MaxNLocator

    candidates = MaxNLocator(most, steps=[1, 2, 5, 10], integer=whole).tick_values(low, high)
    ticks = [float(tick) + 0.0 for tick in candidates if low <= tick <= high]
    step = min((b - a for a, b in pairwise(ticks)), default=1.0)
    plain = [f",.{digits}f" for digits in range(7)] if max(map(abs, ticks), default=0.0) < 1e7 else []
    for form in [*plain, *(f".{digits}g" for digits in range(1, 18))]:
        texts = [format(tick, form) for tick in ticks]
        if all(abs(float(text.replace(",", "")) - tick) <= step / 100 for text, tick in zip(texts, ticks, strict=True)):
            break
    return ticks, texts
