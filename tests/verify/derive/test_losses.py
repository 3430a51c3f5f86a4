"""Every loss is explained: exact values lie inside their balls, and the equations can be read."""

import numpy as np
import pytest

from reference.losses import kinds
from reference.network import chain
from tests.support.loss_cases import CASES, ROWS, N, n
from tests.support.simulate import simulate
from tests.verify.derive.test_derivation import inside
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain
from verify.derive.region import element_region


def case_of(text):
    activation, labels = CASES[text]
    network = chain((5, 3, n), ("relu", activation))
    return DerivedStep(simulate(network, loss=text, optimizer="sgd", batch=N, steps=1, given={"y": ROWS[labels]}), 1)


def test_every_kind_has_a_case():
    assert {text.partition("(")[0] for text in CASES} == set(kinds())


@pytest.mark.parametrize("text", CASES)
def test_a_loss_is_explained(text):
    case, kind = case_of(text), text.partition("(")[0]
    of_loss = [rule for rule in case.rules.values() if rule.kind == kind]
    assert len(of_loss) == 2
    for rule in of_loss:
        ball = case.ball(rule)
        for position in list(np.ndindex(case.shape(rule.tensor)))[:6]:
            value = case.exact(case.node(rule.tensor), element_region(position)).item()
            assert inside(value, ball, position), (rule.tensor, position)
        result = explain(case, rule.tensor, case.shape(rule.tensor))
        assert result.passed and result.steps[0].tensor == rule.tensor, result.headline


READ = {
    "mean_absolute_error": ("C", "max(a(2)_{k,m} - y_{k,m}, y_{k,m} - a(2)_{k,m})"),
    "huber(delta=0.7)": ("dA2", "min(max(a(2)_{1,1} - y_{1,1}, -δ), δ)"),
    "binary_crossentropy": ("C", "- z(2)_{k,m} · y_{k,m} + ln(1 + exp(-max(z(2)_{k,m}, -z(2)_{k,m})))"),
    "poisson": ("C", "a(2)_{k,m} - y_{k,m} · ln(a(2)_{k,m} + ε)"),
    "categorical_generalized_cross_entropy(q=0.7)": ("dA2", "(Σ_{k=1..4} a(2)_{1,k} · y_{1,k})^(q - 1)"),
}  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_its_equation_can_be_read(text):
    tensor, formula = READ[text]
    lines = explain(case_of(text), tensor, () if tensor == "C" else (1, 1), why=False).steps[0].lines
    assert formula in lines[1].right.text, lines[1].right.text
