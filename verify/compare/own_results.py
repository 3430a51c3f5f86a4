"""Judge the results of Keras's own step where XLA gave them other bits than the captured step."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from reference.rules import Rule
from reference.tensor_names import before, gradient, is_state, read
from verify.bounds import Ball
from verify.compare.evaluation import any_of, evaluate, fused
from verify.compare.plan import begins_with, own_results
from verify.compare.rule import compare_tensor
from verify.compare.tensor import Comparison, Tolerance
from verify.records.precision import PRECISIONS
from verify.records.trace import Array, Trace

WHOLE_STEP = "the whole step"  # the equation of a result of Keras's own step
WIDER = "the bound of the whole step is wider than half of what the step changes"
ZERO = "have a gradient that is 0 within its own bound, so that nothing can judge what the step makes of it"
ADVICE = ", and they are not near those of the captured step; compile with run_eagerly=True to judge all of them"
STALE = "if an option was changed after Keras had compiled its step, compile the model again"
NEAR = 2.0**-10  # of what the step changes
FEW = 1e-3  # of a tensor's numbers, or one: so many may differ more and have a wide bound, as sums near 0 do


def compare_own_results(
    number: int,
    trace: Trace,
    plan: tuple[Rule, ...],
    operands: Mapping[str, Ball],
    tensors: Mapping[str, Array],
    tolerance: Tolerance | None,
    balls: Mapping[str, Ball],
) -> list[Comparison]:
    """Return the comparisons of those results of Keras's own step whose bits differ from the captured results.

    The inner tensors of that step are not known. So a number that has other bits than the captured one is judged by the
    rules of the whole step. A bound wider than half of what the step changes would notice nothing. Then the number
    agrees only if it is near the captured one, which its own equation has judged. If more than FEW numbers of a tensor
    are not near, the tensor is not judged; if there are fewer, a note says so. Numbers whose gradient may be 0 are not
    counted: their equations cannot judge them either (a bias before a batch normalisation has the gradient 0, and Adam
    divides its rounding error by itself). `balls` are those of the captured step.
    """
    rules = {rule.tensor: rule for rule in plan if rule.phase != "start"}
    found = {name: result for name, result in own_results(trace).items() if name in tensors and result in rules}
    if not found:
        return []
    precision = PRECISIONS[trace.settings.dtype]
    inputs = set(begins_with(trace))
    whole = {name: ball for name, ball in operands.items() if name in inputs or not ball.ndim}
    for rule in rules.values():
        if (ball := evaluate(any_of(rule, trace.settings.jit), fused(rule, whole, True), precision)) is not None:
            whole[rule.tensor] = ball
    comparisons = []
    for order, (name, result) in enumerate(found.items(), len(plan) + 1):
        rule = replace(rules[result], tensor=name, equation=WHOLE_STEP, inputs=begins_with(trace))
        ball, actual, result_of_capture = whole.get(result), tensors[name], tensors[result]
        # a number with the captured bits agrees; infinity and NaN must stand where the captured result has them
        captured: partial[list[Array]] = partial(list, (result_of_capture,))
        one = compare_tensor(
            rule, number, order, "local", ball, actual, tolerance, precision.name, result_of_capture, captured
        )
        text = STALE if one.verdict == "outside" else one.explanation
        one = replace(one, reproduced=0, explanation=text)  # nothing of it was computed by hand
        if ball is not None and not tolerance and (one.passed or one.verdict == "unjudged"):
            vague, zero = _vague(name, result, ball, tensors, balls.get(gradient(read(result).base)))
            verdict = "within" if vague <= max(1, FEW * actual.size) else "unjudged"
            advice = ADVICE if verdict == "unjudged" else ""
            texts = [f"{WIDER} in {vague:,} of {actual.size:,} numbers{advice}"] * (vague > 0)
            texts += [f"{zero:,} of {actual.size:,} numbers {ZERO}"] * (zero > 0)
            one = replace(one, verdict=verdict, explanation="; ".join(texts))
        comparisons.append(one)
    return comparisons


def _vague(name: str, result: str, ball: Ball, tensors: Mapping[str, Array], dP: Ball | None) -> tuple[int, int]:
    """Return how many numbers cannot be judged: their bounds are wide, and they are not near the captured ones.

    The second count has those of them whose gradient dP is 0 within its own bound; the first has the others.
    """
    start = read(result).base if is_state(result, "new") else before(result)
    own, captured = tensors[name].astype(np.float64), tensors[result].astype(np.float64)
    with np.errstate(invalid="ignore"):
        change, difference = np.abs(captured - tensors.get(start, 0)), np.abs(own - captured)
        wide = ~(ball.spread() <= change / 2) & ~(difference <= change * NEAR)
        wide &= (difference != 0) & np.isfinite(own)
    zero = np.zeros(own.shape, dtype=bool)
    if dP is not None and dP.shape == own.shape:
        zero = wide & (np.abs(dP.value) <= dP.spread())
    return int(np.sum(wide & ~zero)), int(np.sum(zero))
