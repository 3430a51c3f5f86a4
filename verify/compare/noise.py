"""Judge drawn noise: nobody can recompute it, but it must look like independent normal numbers."""

from math import erfc, exp, log, sqrt

import numpy as np

from verify.records.trace import Array

CHANCE = 1e-12  # what is drawn is wrong if chance gives what it shows less often than this
GRID = np.linspace(-4, 4, 65)  # where the distribution of (e - mean) / deviation is judged
NORMAL = np.array([erfc(-z / sqrt(2)) / 2 for z in GRID])  # the normal distribution there
FINEST = 2.0**-20  # at least this is the probability that two normal numbers of a generator are equal


def moments(noise: Array, mean: float, deviation: float) -> Array:
    """Return sums over all numbers e: of 1, of z = (e - mean) / deviation, of z², and of z ≤ g for each g of GRID."""
    numbers = ((noise.astype(np.float64) - mean) / deviation).ravel()
    below = np.searchsorted(np.sort(numbers), GRID, side="right")
    return np.array([numbers.size, np.sum(numbers), np.sum(numbers**2), *below])


def strange_moments(sums: Array, mean: float, deviation: float) -> str:
    """Return what chance does not explain in these moments of normal numbers; else "".

    The sum is normal. The sum of squares has the bounds of Laurent & Massart 2000, lemma 1: above n + 2√(nx) + 2x, or
    below n - 2√(nx), with a probability of at most e^-x each. The shares below each number of GRID have the bound of
    Massart 1990: one differs by more than √(x / 2n) from the normal distribution with a probability of at most 2e^-x.
    """
    n, total, squares = map(float, sums[:3])
    x = -log(CHANCE / 2)
    if erfc(abs(total) / sqrt(2 * n)) < CHANCE:
        return f"its mean is {mean + deviation * total / n:.4g}, where {n:,.0f} normal numbers have a mean of {mean:g}"
    if squares > n + 2 * sqrt(n * x) + 2 * x or squares < n - 2 * sqrt(n * x):
        spread = deviation * sqrt(squares / n)
        return f"its standard deviation is {spread:.4g}, where {n:,.0f} normal numbers have {deviation:.4g}"
    rounding = 0.4 * FINEST * (abs(mean) / deviation + abs(float(GRID[0])))  # 0.4: the largest density
    far = np.abs(sums[3:] / n - NORMAL)
    if np.max(far) > sqrt(x / (2 * n)) + rounding:
        at = int(np.argmax(far))
        text = f"{sums[3 + at] / n:.1%} of its {n:,.0f} numbers are at most {mean + deviation * GRID[at]:.4g}"
        return f"{text}, where normal numbers have {NORMAL[at]:.1%}"
    return ""


def repeats(noise: Array, deviation: float) -> str:
    """Return that two examples or two nodes have the same noise, if chance does not explain it; else ""."""
    rows = noise.reshape(len(noise), -1)
    for what, numbers in (("examples", rows), ("nodes", rows.T)):
        pairs = len(numbers) * (len(numbers) - 1) / 2
        equal = pairs * _equal(noise, deviation, numbers.shape[1])
        if equal < CHANCE and len(np.unique(numbers, axis=0)) < len(numbers):
            return f"two of the {len(numbers):,} {what} have the same noise"
    return ""


def is_coarse(noise: Array, mean: float, deviation: float) -> bool:
    """Return whether rounding leaves normal numbers too few values to judge, such as 1 ± 1e-6 in float32."""
    return bool(np.finfo(noise.dtype).eps * abs(mean) > deviation / 1000)


def is_no_chance(noise: Array, deviation: float, others: int) -> bool:
    """Return whether it is no chance that this noise equals one of so many others."""
    return others * _equal(noise, deviation, noise.size) < CHANCE


def _equal(noise: Array, deviation: float, numbers: int) -> float:
    """Return a bound of the probability that so many pairs of these numbers are all equal."""
    coarse = float(np.finfo(noise.dtype).eps) * float(np.max(np.abs(noise))) / deviation
    return exp(numbers * log(min(1.0, max(FINEST, coarse))))
