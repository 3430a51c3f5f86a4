"""Wrong costs and wrong slopes of every loss are noticed, and the diagnosis names them."""

import numpy as np
import pytest

from reference.network import chain
from tests.support.loss_cases import CASES, ROWS, N, n
from tests.support.simulate import simulate
from verify.faults.kill_matrix import KillMatrix
from verify.records.settings import GIVEN

NAMED = {
    "mean_absolute_error": ("squares in place of absolute errors", "sum over the outputs", "sign of the gradient"),
    "huber(delta=0.7)": ("δ squared", "δ left out", "absolute errors everywhere"),
    "log_cosh": ("ln 2 left out", "slope of the absolute error", "tanh of half the error"),
    "mean_absolute_percentage_error": ("shares in place of percent", "not over the label"),
    "mean_squared_logarithmic_error": ("slope of the logarithm left out", "1/a in place of 1/(1 + a)"),
    "poisson": ("output exchanged with label", "of logarithms"),
    "kl_divergence": ("labels exchanged with outputs", "the entropy of the labels left out"),
    "hinge": ("not cut off at 0", "squared"),
    "squared_hinge": ("labels 0 not turned into -1", "not squared"),
    "categorical_hinge": ("margin 0", "the right class alone"),
    "cosine_similarity": ("sign left out", "not brought to the length 1"),
    "binary_crossentropy": ("logits taken for probabilities", "slope through the sigmoid once more"),
    "binary_crossentropy(label_smoothing=0.3)": ("probabilities taken for logits", "label smoothing left out"),
    "binary_focal_crossentropy(apply_class_balancing=True, gamma=1.5)": ("α exchanged with 1 - α", "γ left out"),
    "categorical_focal_crossentropy(label_smoothing=0.1)": ("γ + 1", "label smoothing left out"),
    "dice": ("overlap not twice", "of each example, not of all"),
    "tversky(alpha=0.2, beta=0.8)": ("α exchanged with β", "α left out"),
    "categorical_generalized_cross_entropy(q=0.7)": ("1 - q in place of q", "p^q in place of p^(q - 1)"),
}
SPREAD = np.linspace(-2.0, 2.0, n)[None]  # outputs on both sides of the margin


@pytest.mark.parametrize("text", CASES)
def test_a_wrong_loss_is_noticed_and_named(text):
    activation, labels = CASES[text]
    chosen = {"loss": text, "optimizer": "sgd", "batch": N, "steps": 1, "data": GIVEN}
    given = {"y": ROWS[labels]} | ({"B2": SPREAD} if text == "hinge" else {})
    trace = simulate(chain((5, 3, n), ("relu", activation)), given=given, **chosen)
    matrix = KillMatrix(trace)
    assert [c for c in matrix.unaltered if c.failed] == []
    faults = [f for f in matrix.catalogue() if f.replaced and f.group == "loss" and f.scope == "step"]
    kills = {fault.name: matrix.run(fault) for fault in faults}
    assert [(name, kill.size) for name, kill in kills.items() if kill.survived] == []
    caught = {name: kill for name, kill in kills.items() if kill.caught}
    wrong = {name: kill.diagnosis for name, kill in caught.items() if not kill.named_correctly}
    assert len(wrong) <= 0.15 * len(caught), wrong
    for name in NAMED.get(text, ()):
        assert caught[name].named_correctly, (name, caught[name].diagnosis)
