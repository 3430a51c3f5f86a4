"""The verdict on every equation: evaluated on TensorFlow's tensors, against TensorFlow's tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.optimizers.adam import ALGORITHM_1, KERAS
from reference.rules import given, rules, start
from verify.bounds import Ball
from verify.compare.evaluation import evaluate, fused, inputs, scalars
from verify.errors import Unusable
from verify.essay.claims import NOWHERE, PRINTED, Claim, claims
from verify.essay.element_forms import Case, case
from verify.records.precision import PRECISIONS, Floats
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Trace

VERDICTS = ("confirmed", "definition", "misprint")


@dataclass(frozen=True)
class EquationVerdict:
    """One form of one equation for one tensor: the share of elements that rounding cannot explain, and how far."""

    claim: Claim
    verdict: str
    share_outside: float = float("nan")
    largest_ratio: float = float("nan")
    remark: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        return (self.claim.equation, self.claim.section, self.claim.form, self.claim.tensor)


@dataclass(frozen=True)
class Evidence:
    """A step of a trace: what the formulas read, what TensorFlow has, and what rounding allows from there."""

    case: Case
    tensorflow: Mapping[str, Floats]
    allowed: Mapping[str, Floats]


def judge(trace: Trace) -> tuple[EquationVerdict, ...]:
    """Every claim: prediction and gradients on the first step, Adam on the last, where t is more than 1."""
    first, last = evidence(trace, 1), evidence(trace, trace.settings.steps)
    found = []
    for claim in claims(trace.network, KERAS.epsilon, ALGORITHM_1.epsilon):
        late = claim.equation.startswith("App. A") and claim.equation != "App. A: start"
        found.append(verdict(claim, last if late else first))
    return tuple(found)


def check(trace: Trace, source: str) -> None:
    """Is every tensor there that the equations read and give?  Raises Unusable naming the source."""
    optimizer = OPTIMIZERS[trace.settings.optimizer]
    for step in (1, trace.settings.steps):
        held = trace.step(step)
        plan = (*start(trace.network, optimizer, step == 1), *rules(trace.network, trace.settings.loss, optimizer))
        for name in (*given(trace.network), *(rule.tensor for rule in plan)):
            array = held.get(name)
            shape = trace.network.tensor_shape(name, trace.settings.batch)
            if array is None or array.shape != shape or array.dtype != trace.settings.dtype:
                raise Unusable(f"--trace {source}: step {step} has no {name} of shape {list(shape)}")
            if not np.isfinite(array).all():
                raise Unusable(f"--trace {source}: {name} of step {step} holds NaN or infinity")


def evidence(trace: Trace, step: int) -> Evidence:
    """Bounds as from TensorFlow's own X, Z, A, W, B, m and v: gradients from there on chained, as the forms are."""
    settings, network = trace.settings, trace.network
    precision = PRECISIONS[settings.dtype]
    optimizer = OPTIMIZERS[settings.optimizer]
    held = trace.step(step)
    plan = (*start(network, optimizer, step == 1), *rules(network, settings.loss, optimizer))
    known: dict[str, Any] = dict(inputs(held, trace, (*plan, *given(network)), precision))
    known |= scalars(step, optimizer, precision)
    allowed: dict[str, Floats] = {}
    backward: dict[str, Any] = dict(known)
    for rule in plan:
        chained = rule.phase == "backward"
        ball = evaluate(rule, fused(rule, backward if chained else known, settings.jit), precision)
        if ball is not None and rule.tensor in known:
            allowed[rule.tensor] = ball.spread()
            if chained:
                backward[rule.tensor] = ball
    values = {name: ball.value for name, ball in known.items() if isinstance(ball, Ball)}
    read = case(network, {**values, "t": float(step), **optimizer.coefficients})
    return Evidence(read, {name: values[name] for name in allowed}, allowed)


def verdict(claim: Claim, found: Evidence) -> EquationVerdict:
    """A right form must have no element outside; of a printed form's readings the nearest is taken."""
    if claim.tensor == NOWHERE:
        return EquationVerdict(claim, "definition", remark="nothing in the run is computed by it alone")
    share, ratio, undefined = min(_figures(formula(found.case), claim.tensor, found) for formula in claim.formulas)
    wrong = share > 0 or undefined > 0
    remarks = [claim.slip] if wrong and claim.slip else []
    if undefined:
        remarks.append(f"and it names entries that do not exist for {undefined:.0%} of the elements")
    if wrong and claim.form != PRINTED:
        remarks.append("TensorFlow does not agree")
    return EquationVerdict(claim, "misprint" if wrong else "confirmed", share, ratio, "; ".join(remarks))


def _figures(values: Any, tensor: str, found: Evidence) -> tuple[float, float, float]:
    """Share of the defined elements outside, largest error/allowed, share of elements that are not defined."""
    there, allowed = found.tensorflow[tensor], found.allowed[tensor]
    form = np.asarray(values)
    if form.shape != there.shape:
        raise ValueError(f"a form of {tensor} gives {form.shape}, not {there.shape}")
    defined = ~np.isnan(form)
    error = np.abs(form - there)[defined]
    with np.errstate(all="ignore"):
        ratio = np.where(error == 0, 0.0, error / allowed[defined]).astype(np.float64)
    if not ratio.size:
        return 1.0, float("inf"), 1.0
    return float(np.mean(ratio > 1)), float(ratio.max()), float(np.mean(~defined))
