"""Judge the results of Keras's own step where XLA gave them other bits than the captured step."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from reference.rules import Rule
from reference.tensor_names import before, is_state, read
from verify.bounds import Ball
from verify.compare.evaluation import evaluate, fused
from verify.compare.plan import begins_with, own_results
from verify.compare.rule import compare_tensor
from verify.compare.tensor import Comparison, Tolerance
from verify.records.precision import PRECISIONS
from verify.records.trace import Array, Trace

WHOLE_STEP = "the whole step"  # the equation of a result of Keras's own step
VAGUE = "the bound of the whole step is larger than half of what the step changes: it says nothing"


def compare_own_results(
    number: int,
    trace: Trace,
    plan: tuple[Rule, ...],
    operands: Mapping[str, Ball],
    tensors: Mapping[str, Array],
    tolerance: Tolerance | None,
) -> list[Comparison]:
    """Return the comparisons of those results of Keras's own step whose bits differ from the captured results.

    The inner tensors of that step are not known, so each result is judged by the rules of the whole step. In a deep
    network that bound may be so wide that it would notice nothing: then the result is not judged.
    """
    rules = {rule.tensor: rule for rule in plan if rule.phase != "start"}
    found = {name: result for name, result in own_results(trace).items() if name in tensors and result in rules}
    if not found:
        return []
    precision = PRECISIONS[trace.settings.dtype]
    inputs = set(begins_with(trace))
    whole = {name: ball for name, ball in operands.items() if name in inputs or not ball.ndim}
    for rule in rules.values():
        if (ball := evaluate(rule, fused(rule, whole, True), precision)) is not None:
            whole[rule.tensor] = ball
    comparisons = []
    for order, (name, result) in enumerate(found.items(), len(plan) + 1):
        rule = replace(rules[result], tensor=name, equation=WHOLE_STEP, inputs=begins_with(trace))
        ball, actual = whole.get(result), tensors[name]
        # infinity and NaN must stand where the captured result has them
        captured: partial[list[Array]] = partial(list, (tensors[result],))
        one = compare_tensor(rule, number, order, "local", ball, actual, tolerance, precision.name, plain=captured)
        vague = one.passed and ball is not None and not tolerance and _is_vague(result, ball, tensors)
        comparisons.append(replace(one, verdict="unjudged", explanation=VAGUE) if vague else one)
    return comparisons


def _is_vague(result: str, ball: Ball, tensors: Mapping[str, Array]) -> bool:
    """Return whether a bound is larger than half of the change that the step makes, added up over the tensor."""
    start = read(result).base if is_state(result, "new") else before(result)
    change = np.abs(tensors[result].astype(np.float64) - tensors.get(start, 0))
    finite = np.isfinite(change)
    return bool(np.sum(ball.spread()[finite]) > np.sum(change[finite]) / 2)
