"""Judge the cost that Keras reports of a step. Its loss tracker, a weighted mean, stands between C and the report."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from reference.rule import Rule
from reference.tensor_names import REPORTED, in_step
from verify.bounds import Ball
from verify.compare.evaluation import evaluate
from verify.compare.recompute import impossible_raises, plainly, recompute
from verify.compare.rule import compare_tensor
from verify.compare.tensor import Comparison, Tolerance
from verify.records.precision import PRECISIONS
from verify.records.trace import Array, Trace

EQUATION = "Keras: Mean"
SO_FAR = "agrees with: the mean of the costs so far; older releases of Keras report it from train_on_batch"


def compare_reported(
    number: int, order: int, trace: Trace, tensors: Mapping[str, Array], C: Ball | None, tolerance: Tolerance | None
) -> list[Comparison]:
    """Return the comparison of the cost that Keras reports of a step; nothing if the trace does not hold it.

    `C` is the cost by hand. The step of Keras's own may round C otherwise than the captured one, within C's bound.
    """
    if REPORTED not in tensors:
        return []
    dtype, actual = trace.settings.dtype, tensors[REPORTED]
    rule = Rule(REPORTED, EQUATION, ("C",), partial(reported, N=trace.settings.batch), 0, "forward")
    ball = None if C is None else evaluate(rule, {"C": C}, PRECISIONS[dtype])
    with impossible_raises():
        array = recompute(rule, tensors, dtype)
    plain = partial(plainly, rule, tensors, dtype)
    one = compare_tensor(rule, number, order, "local", ball, actual, tolerance, dtype, array, plain)
    if one.verdict == "outside" and not tolerance:
        mean = np.mean([trace.tensors.get(in_step(k, "C"), np.nan) for k in range(1, number + 1)])
        if abs(actual - mean) <= 4 * number * PRECISIONS[dtype].unit * abs(mean):
            one = replace(one, explanation=SO_FAR)
    return [one]


def reported(C: Any, N: int) -> Any:
    """The mean over N examples of C, which each of them has in Keras's tracker: C N / N.  scalar.  Keras: Mean"""
    return C * N / N
