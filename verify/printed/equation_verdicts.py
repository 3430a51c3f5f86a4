"""The verdict on every equation: evaluate it on TensorFlow's tensors and compare the result with TensorFlow's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.rules import Rule, given_names, rules, start
from verify.bounds import Ball
from verify.compare.evaluation import evaluate, exact_balls, fused, scalars
from verify.errors import Unusable
from verify.essay.claims import NOWHERE, PRINTED, Claim, claims
from verify.essay.element_forms import ElementCase, case
from verify.records.precision import PRECISIONS, Floats
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Trace

VERDICTS = ("confirmed", "definition", "misprint")


@dataclass(frozen=True)
class EquationVerdict:
    """The verdict on one form of one equation for one tensor.

    `share_outside` is the share of elements that rounding cannot explain, `largest_ratio` the largest error ÷ bound.
    """

    claim: Claim
    verdict: str
    share_outside: float = float("nan")
    largest_ratio: float = float("nan")
    remark: str = ""


@dataclass(frozen=True)
class Evidence:
    """A step of a trace: the input of the formulas, TensorFlow's tensors, and the rounding bound of each element."""

    case: ElementCase
    tensorflow: Mapping[str, Floats]
    bounds: Mapping[str, Floats]


def judge(trace: Trace) -> tuple[EquationVerdict, ...]:
    """Return the verdict on every claim: Adam is judged on the last step, where t > 1, the others on the first."""
    first, last = evidence(trace, 1), evidence(trace, trace.settings.steps)
    verdicts = []
    for claim in claims():
        late = claim.equation.startswith("App. A") and claim.equation != "App. A: start"
        verdicts.append(verdict(claim, last if late else first))
    return tuple(verdicts)


def check(trace: Trace, source: str) -> None:
    """Check that a trace has all tensors that the equations need, all finite.  Raises Unusable, naming the source."""
    for step in (1, trace.settings.steps):
        tensors = trace.step(step)
        for name in (*given_names(trace.network), *(rule.tensor for rule in _plan(trace, step))):
            array = tensors.get(name)
            shape = trace.network.tensor_shape(name, trace.settings.batch)
            if array is None or array.shape != shape or array.dtype != trace.settings.dtype:
                raise Unusable(f"--trace {source}: step {step} has no {name} of shape {list(shape)}")
            if not np.isfinite(array).all():
                raise Unusable(f"--trace {source}: {name} of step {step} holds NaN or infinity")


def evidence(trace: Trace, step: int) -> Evidence:
    """Return the evidence of one step.

    Bounds start at TensorFlow's own X, Z, A, W, B, m and v. Gradients are chained: each bound continues the bounds of
    the gradients before it, since the essay's forms compute a gradient from these tensors alone.
    """
    settings = trace.settings
    precision = PRECISIONS[settings.dtype]
    optimizer = OPTIMIZERS[settings.optimizer]
    plan = _plan(trace, step)
    names = (*(rule.tensor for rule in plan), *given_names(trace.network))
    operands: dict[str, Any] = dict(exact_balls(trace.step(step), trace, names, precision))
    operands |= scalars(step, optimizer, precision)
    chained = dict(operands)
    bounds: dict[str, Floats] = {}
    for rule in plan:
        is_gradient = rule.phase == "backward"
        ball = evaluate(rule, fused(rule, chained if is_gradient else operands, settings.jit), precision)
        if ball is not None and rule.tensor in operands:
            bounds[rule.tensor] = ball.spread()
            if is_gradient:
                chained[rule.tensor] = ball
    values = {name: ball.value for name, ball in operands.items() if isinstance(ball, Ball)}
    step_case = case({**values, "t": float(step), **optimizer.coefficients})
    return Evidence(step_case, {name: values[name] for name in bounds}, bounds)


def _plan(trace: Trace, step: int) -> tuple[Rule, ...]:
    """Return the rules of a step, those of the initial values first."""
    optimizer = OPTIMIZERS[trace.settings.optimizer]
    return (*start(trace.network, optimizer, step == 1), *rules(trace.network, trace.settings.loss, optimizer))


def verdict(claim: Claim, evidence: Evidence) -> EquationVerdict:
    """Return the verdict on one claim: a misprint if rounding cannot explain every element.

    If a printed form has several readings, the one nearest to TensorFlow is judged.
    """
    if claim.tensor == NOWHERE:
        return EquationVerdict(claim, "definition", remark="nothing in the run is computed by it alone")
    share, ratio, undefined = min(_errors(formula(evidence.case), claim.tensor, evidence) for formula in claim.formulas)
    if share == undefined == 0:
        return EquationVerdict(claim, "confirmed", share, ratio)
    remarks = [claim.slip] if claim.slip else []
    if undefined:
        remarks.append(f"it uses indices out of range for {undefined:.0%} of the elements")
    if claim.form != PRINTED:
        remarks.append("TensorFlow does not agree")
    return EquationVerdict(claim, "misprint", share, ratio, "; ".join(remarks))


def _errors(form: Floats, tensor: str, evidence: Evidence) -> tuple[float, float, float]:
    """Return the share of defined elements outside the bound, the largest error ÷ bound, and the undefined share."""
    expected, bound = evidence.tensorflow[tensor], evidence.bounds[tensor]
    form = np.asarray(form)
    if form.shape != expected.shape:
        raise ValueError(f"a form of {tensor} gives {form.shape}, not {expected.shape}")
    defined = ~np.isnan(form)
    if not defined.any():
        return 1.0, float("inf"), 1.0
    error = np.abs(form - expected)[defined]
    with np.errstate(all="ignore"):
        ratio = np.where(error == 0, 0.0, error / bound[defined]).astype(np.float64)
    return float(np.mean(ratio > 1)), float(ratio.max()), float(np.mean(~defined))
