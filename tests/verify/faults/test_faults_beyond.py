"""Small models of each kind: every fault that can be told from rounding is noticed, and the diagnosis names it."""

import pytest

from reference.rules import rules
from reference.schedules import SCHEDULES
from tests.support.fault_cases import MATRICES, Case, network
from tests.support.simulate import simulate
from verify.compare.variants import variants
from verify.faults.kill_matrix import KillMatrix, counts
from verify.records.settings import OPTIMIZERS

CASES = MATRICES | {
    "momentum": Case(
        network("tanh", "linear"), "categorical_crossentropy(from_logits=True, label_smoothing=0.1)",
        "sgd(momentum=0.9)",
        ("sign of the momentum", "momentum left out", "gradient damped by 1 - μ", "Nesterov's look ahead",
         "velocity without the learning rate", "μ × (1 - 0.001)", "label smoothing left out", "smoothing over n - 1",
         "smoothing not taken from the label", "sigmoid in place of tanh", "slope 1 - a in place of 1 - a²",
         "logarithms of cut-off numbers taken for logits", "ReLU in place of no activation"),
    ),
    "Nesterov, in steps": Case(
        network("leaky_relu(negative_slope=0.1)", "linear"),
        "sparse_categorical_crossentropy(from_logits=True, reduction='sum')",
        "sgd(learning_rate=exponential_decay(initial_learning_rate=0.1, decay_steps=2.0, decay_rate=0.5, "
        "staircase=True), momentum=0.9, nesterov=True)",
        ("Nesterov's look ahead left out", "looking ahead by the velocity before", "sign of the look ahead",
         "schedule one step ahead", "schedule without its steps", "first learning rate kept", "mean for sum",
         "negative slope 0.2", "ReLU in place of leaky ReLU", "slope of leaky ReLU (0.2)", "slope of ReLU"),
        {"steps": 4},
    ),
    "AMSGrad, probabilities": Case(
        network("sigmoid", "softmax", dropout=(0.0, 0.0, 0.25)), "categorical_crossentropy(label_smoothing=0.2)",
        "adam(learning_rate=inverse_time_decay(initial_learning_rate=0.1, decay_steps=3.0, decay_rate=0.5), "
        "amsgrad=True)",
        ("the largest v not taken", "v in place of the largest v", "the largest v not brought up to date",
         "schedule one step ahead", "schedule in steps", "probabilities taken for logits", "smoothing over n - 1",
         "dropout without 1/(1 - rate)", "dropout by 1/rate", "dropout's mask inverted", "slopes elementwise",
         "slope a in place of a (1 - a)", "tanh in place of sigmoid"),
        {"steps": 3},
    ),
    "AdamW, labels": Case(
        network("relu", "softmax", dropout=(0.0, 0.0, 0.25)), "sparse_categorical_crossentropy",
        "adam(weight_decay=0.004)",
        ("decay after the update", "decay in the gradient (L2), not decoupled", "decay left out",
         "decay not times the learning rate", "sign of the decay", "rows brought to a sum of 1"),
    ),
    "rescaled, dropped, clipped by norm": Case(
        network("leaky_relu", "linear", biases=(False, True), dropout=(0.25, 0.5, 0.0), rescaling=((0.5, 0.1),)),
        "mean_squared_error",
        "adam(learning_rate=piecewise_constant_decay(boundaries=(0.0, 1.0), values=(0.1, 0.2, 0.3)), clipnorm=0.01)",
        ("rescaling left out", "offset before the scale", "dropout left out", "not clipped", "clipped by value",
         "clipped by the norm of all", "norm without its root", "the gradient before it was clipped",
         "boundary one step sooner", "half of it", "sum over the outputs", "schedule one step behind"),
    ),
    "clipped by all, a sigmoid's cross-entropy": Case(
        network("relu", "sigmoid"), "categorical_crossentropy",
        "sgd(learning_rate=polynomial_decay(initial_learning_rate=0.1, decay_steps=3.0, power=2.0), "
        "global_clipnorm=0.05)",
        ("each clipped by its own norm", "norm of all without its own", "not clipped", "power 1 in the schedule",
         "schedule one step ahead", "the gradient before it was clipped", "softmax in place of sigmoid"),
    ),
    "cosine, warmed up": Case(
        network("tanh", "linear"), "mean_squared_error",
        "sgd(learning_rate=cosine_decay(initial_learning_rate=0.01, decay_steps=5.0, alpha=0.1, warmup_target=0.1, "
        "warmup_steps=2.0))",
        ("schedule one step ahead", "a left out in the schedule", "schedule without warm-up",
         "degrees for radians in the cosine", "cosine not halved", "a line in place of the cosine",
         "steps of the warm-up not taken off"),
        {"steps": 5},
    ),
    "cosine, begun anew": Case(
        network("tanh", "linear"), "mean_squared_error",
        "sgd(learning_rate=cosine_decay_restarts(initial_learning_rate=0.1, first_decay_steps=3.0, t_mul=3.0, "
        "m_mul=0.5, alpha=0.1))",
        ("schedule one step ahead", "schedule without restarts", "a left out in the schedule",
         "all periods as long as the first", "all periods begin with one rate", "cosine not halved"),
        {"steps": 5},
    ),
    "accumulated, decayed, averaged": Case(
        network("tanh", "linear"), "mean_squared_error",
        "adam(weight_decay=0.2, clipvalue=0.01, undecayed=('B1', 'B2'), use_ema=True, ema_momentum=0.9, "
        "ema_overwrite_frequency=2.0, gradient_accumulation_steps=3.0)",
        ("sum in place of the mean of the accumulated gradients", "the last gradient alone", "t counts micro-steps",
         "accumulated gradients not set to 0", "decay of a parameter that is left out", "decay applied 3 times",
         "momentum exchanged with 1 - momentum", "average of the weights before the step",
         "each micro-gradient clipped, not their mean", "not overwritten by the average",
         "the gradient before it was clipped"),
        {"steps": 6},
    ),
    "averaged while accumulating": Case(
        network("tanh", "relu", "linear"), "mean_squared_error",
        "sgd(learning_rate=0.1, momentum=0.9, use_ema=True, ema_momentum=0.9, gradient_accumulation_steps=3.0)",
        ("the average counts micro-steps", "in every micro-step", "gradient not added", "gradients before not kept"),
        {"steps": 5},
    ),
    "a scaled loss": Case(
        network("tanh", "softmax"), "categorical_crossentropy", "adam(clipnorm=0.1, loss_scale_factor=1024.0)",
        ("loss not scaled", "scaled loss not unscaled", "scale taken off twice", "not clipped"),
    ),
    "clipped by value, decayed, Algorithm 1": Case(
        network("tanh", "sigmoid"), "mean_squared_error(reduction='sum')",
        "sgd(learning_rate=0.1, weight_decay=0.01, clipvalue=0.01)",
        ("clipped from above only", "not clipped", "clipped by its norm", "decay left out", "half the decay",
         "mean for sum", "absolute error in place of squares", "slope of tanh", "decay after the update"),
    ),
    "RMSprop": Case(
        network("tanh", "softmax"), "categorical_crossentropy", "rmsprop(learning_rate=0.01, epsilon=1e-05)",
        ("ρ exchanged with 1 - ρ", "without (1 - ρ)", "without what was before", "|g| in place of g²",
         "ε outside the root (PyTorch's form)", "no root", "bias correction of v", "ε = 1e-07", "v of the step before"),
    ),
    "RMSprop, centered, with momentum": Case(
        network("tanh", "softmax"), "categorical_crossentropy",
        "rmsprop(learning_rate=0.01, momentum=0.9, centered=True, weight_decay=0.01)",
        ("ρ exchanged with 1 - ρ", "g of the step before", "momentum left out",
         "step damped by 1 - μ", "velocity without the learning rate (PyTorch's form)", "sign of the step",
         "velocity times the learning rate (PyTorch's form)", "decay in the gradient (L2), not decoupled",
         "mean gradient left out"),
    ),
    "Adagrad": Case(
        network("tanh", "softmax"), "categorical_crossentropy", "adagrad(learning_rate=0.01, epsilon=0.001)",
        ("|g| in place of g²", "without what was before", "a mean with ρ = 0.9 in place of a sum", "begun at 0",
         "ε = 0.001 outside the root", "no root", "v of the step before", "v divided by the number of steps"),
    ),
    "Adadelta": Case(
        network("tanh", "softmax"), "categorical_crossentropy", "adadelta(learning_rate=0.5)",
        ("ρ exchanged with 1 - ρ", "mean square of gradients in place of steps", "u after the step",
         "mean square of steps times the learning rate", "without the learning rate", "without √(u + ε)",
         "ε outside the roots", "v of the step before", "u in place of v"),
    ),
    "Adamax": Case(
        network("tanh", "softmax"), "categorical_crossentropy", "adamax(learning_rate=0.01, beta_2=0.99)",
        ("max without |g|", "β1 exchanged with β2", "the sum in place of the larger", "Adam's v", "not decayed",
         "no bias correction", "t - 1 in the bias correction", "ε left out", "u of the step before"),
    ),
    "Lion": Case(
        network("tanh", "softmax"), "categorical_crossentropy", "lion(beta_1=0.6, beta_2=0.5, weight_decay=0.01)",
        ("β1 exchanged with β2", "m after the step", "sign left out", "sign of the update", "without the learning rate",
         "sign of the gradient alone", "decay after the update"),
        {"steps": 3},
    ),
    "Nadam": Case(
        network("tanh", "softmax"), "categorical_crossentropy", "nadam(learning_rate=0.01, beta_1=0.8)",
        ("μ_t exchanged with μ_(t+1)", "μ_t in place of μ_(t+1)", "Π μ up to t in place of up to t+1", "0.5 left out",
         "no bias correction of m", "no bias correction of v", "the gradient left out",
         "β1 in place of μ_t in the product", "the product not brought up to date",
         "Adam in place of Nadam", "decayed by μ_t (Dozat's form)"),
        {"steps": 3},
    ),
    "Ftrl": Case(
        network("tanh", "softmax"), "categorical_crossentropy",
        "ftrl(learning_rate=0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.1, "
        "l2_shrinkage_regularization_strength=0.02, beta=0.2)",
        ("|g| in place of g²", "σ w left out", "sign of σ w", "shrinkage 0", "σ without 1/α", "λ1 left out",
         "λ2 in place of 2 λ2 (the paper's form)", "β left out", "no root of n", "w of the step before"),
    ),
    "Lamb": Case(
        network("tanh", "softmax"), "categorical_crossentropy", "lamb(learning_rate=0.1, weight_decay=0.3)",
        ("no ratio of lengths (Adam)", "ratio the other way round", "step of length 1", "no bias correction of v",
         "decay in the step (the paper's form)", "length of the parameters before their decay", "ε inside the root",
         "sums of sizes for lengths", "β1 exchanged with β2", "v of the step before"),
    ),
    "schedule-free": Case(
        network("tanh", "softmax"), "categorical_crossentropy",
        "schedule_free_adamw(learning_rate=0.1, warmup_steps=5.0, beta_2=0.99)",
        ("z after the step in place of z before it (Keras's copy of z is z itself)", "x in place of y", "no warmup",
         "z in place of y", "weight 1/(t + 1)", "y taken for x", "no bias correction of v", "sign of the step",
         "no root"),
        {"steps": 3},
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=CASES)
def case_and_kills(request):
    case = CASES[request.param]
    kill_matrix = KillMatrix(simulate(case.network, **{"batch": 5, "steps": 2, **case.chosen}, loss=case.loss,
                           optimizer=case.optimizer))  # fmt: skip
    assert [c for c in kill_matrix.unaltered if c.failed] == []
    return case, [kill_matrix.run(fault) for fault in kill_matrix.catalogue() if fault.replaced]


def test_every_fault_of_other_networks_is_noticed_or_equal(case_and_kills):
    case, kills = case_and_kills
    assert [(k.fault.name, k.size) for k in kills if k.survived] == []
    count = counts(kills)
    assert count["caught"] == count["tried"] - count["equal"] > 100
    steps = {k.fault.name: k for k in kills if k.fault.scope == "step"}
    for name in case.faults:
        assert name in steps, name
        assert steps[name].caught, name


def test_and_the_diagnosis_names_it(case_and_kills):
    """The cause is named first for 95 % of them. The others agree with a simpler cause in every element."""
    case, kills = case_and_kills
    with_cause = [k for k in kills if k.named_correctly is not None]
    wrong = [(k.fault.name, k.diagnosis) for k in with_cause if not k.named_correctly]
    assert len(wrong) <= 0.05 * len(with_cause), wrong
    named = {k.fault.name for k in with_cause if k.named_correctly and k.fault.scope == "step"}
    assert len(set(case.faults) - named) <= 1, set(case.faults) - named


def test_every_kind_of_rule_has_variants():
    """Each rule of every network above has variants, except the rules of the start."""
    seen = set()
    for case in CASES.values():
        optimizer = OPTIMIZERS[case.optimizer]
        seen.add(getattr(optimizer.learning_rate, "name", ""))
        for rule in rules(case.network, case.loss, optimizer):
            names = [v.name for v in variants(rule, case.network, optimizer)]
            assert len(names) >= 3, rule.tensor
            assert len(set(names)) == len(names), rule.tensor
    assert seen == {"", *SCHEDULES}
