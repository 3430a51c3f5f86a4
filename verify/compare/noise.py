"""Judge drawn noise: nobody can recompute it, but it must look like independent normal numbers."""

from math import erfc, exp, log, sqrt

import numpy as np

from verify.records.trace import Array

CHANCE = 1e-12  # what is drawn is wrong if chance gives what it shows less often than this
FINEST = 2.0**-20  # at least this is the probability that two normal numbers of a generator are equal


def strange(noise: Array, mean: float, deviation: float) -> str:
    """Return what chance does not explain in normal numbers of this mean and standard deviation; else "".

    Their sum is normal. The sum of squares has the bounds of Laurent & Massart 2000, lemma 1: above n + 2√(nx) + 2x, or
    below n - 2√(nx), with a probability of at most e^-x each. Examples or nodes with the same noise are chance only if
    they have few numbers. Noise that rounding makes coarse, such as 1 ± 1e-6 in float32, is not judged.
    """
    if np.finfo(noise.dtype).eps * abs(mean) > deviation / 1000:
        return ""
    numbers = (noise.astype(np.float64).reshape(len(noise), -1) - mean) / deviation
    n, x = numbers.size, -log(CHANCE / 2)
    if erfc(abs(float(numbers.sum())) / sqrt(2 * n)) < CHANCE:
        return f"its mean is {noise.mean():.4g}, where {n:,} normal numbers have a mean of {mean:g}"
    squares = float(np.sum(numbers**2))
    if squares > n + 2 * sqrt(n * x) + 2 * x or squares < n - 2 * sqrt(n * x):
        found = deviation * sqrt(squares / n)
        return f"its standard deviation is {found:.4g}, where {n:,} normal numbers have {deviation:.4g}"
    for what, rows in (("examples", numbers), ("nodes", numbers.T)):
        pairs = len(rows) * (len(rows) - 1) / 2
        if pairs * _equal(noise, deviation, rows.shape[1]) < CHANCE and len(np.unique(rows, axis=0)) < len(rows):
            return f"two of the {len(rows):,} {what} have the same noise"
    return ""


def is_no_chance(noise: Array, deviation: float, others: int) -> bool:
    """Return whether it is no chance that this noise equals one of so many others."""
    return others * _equal(noise, deviation, noise.size) < CHANCE


def _equal(noise: Array, deviation: float, numbers: int) -> float:
    """Return a bound of the probability that so many pairs of these numbers are all equal."""
    coarse = float(np.finfo(noise.dtype).eps) * float(np.max(np.abs(noise))) / deviation
    return exp(numbers * log(min(1.0, max(FINEST, coarse))))
