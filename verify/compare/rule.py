"""Compare the tensor of one rule with its ball, and with what NumPy computes from TensorFlow's inputs."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from reference.rules import Rule
from verify.bounds import Ball
from verify.compare.overflow import judge_not_finite
from verify.compare.recompute import reproduced
from verify.compare.tensor import Comparison, Tolerance, bound_of, values
from verify.records.precision import PRECISIONS
from verify.records.trace import Array


def compare_tensor(
    rule: Rule,
    step: int,
    order: int,
    mode: str,
    ball: Ball | None,
    captured: Array | None,
    tolerance: Tolerance | None,
    dtype: str,
    recomputed: Array | None = None,
    plain: Callable[[], Sequence[Array]] = tuple,
) -> Comparison:
    """Return the comparison of TensorFlow's tensor `captured` with its ball and with the recomputed tensor.

    `plain` computes it in NumPy without regard to overflow; it is needed only where numbers are not finite. With a
    fixed tolerance the recomputed tensor has no influence on the verdict; its reproduced numbers are counted.
    """
    shape = () if captured is None else captured.shape
    comparison = Comparison(step, order, rule.tensor, rule.equation, rule.layer, shape, mode, "missing")
    if captured is None:
        return replace(comparison, explanation="the trace does not hold it")
    if ball is None:
        return replace(comparison, explanation=f"cannot be judged without {', '.join(rule.inputs)}")
    if ball.shape != captured.shape:
        return replace(comparison, verdict="shape", explanation=f"by hand it is {list(ball.shape)}")
    if captured.dtype != dtype:
        return replace(comparison, verdict="dtype", explanation=f"{captured.dtype}, not {dtype}")
    bound = bound_of(ball, tolerance)
    with np.errstate(all="ignore"):
        same = reproduced(recomputed if mode == "local" else None, captured)
    needs_no_bound = same if tolerance is None else False
    finite = np.isfinite(captured) & np.isfinite(ball.value) & np.isfinite(bound)
    if not tolerance and not finite.all():
        return judge_not_finite(comparison, ball, captured, plain(), same)
    if tolerance and not np.isfinite(bound).all():
        return replace(comparison, verdict="not_finite", explanation="the bound is not finite: it cannot be judged")
    figures = values(ball.value, bound, captured, PRECISIONS[dtype], needs_no_bound)
    return replace(comparison, **figures, reproduced=int(np.sum(same)))
