"""Models whose faults must be noticed: what a case says, and the cases of optimizers that treat matrices as a whole."""

from dataclasses import dataclass, field

from reference.network import Network, chain


@dataclass(frozen=True)
class Case:
    """A model, and faults that must be among those put into it."""

    network: Network
    loss: str
    optimizer: str
    faults: tuple[str, ...]
    chosen: dict = field(default_factory=dict)


def network(*activations, **words):
    return chain((9, 8, 7, 6)[: len(activations) + 1], activations, **words)


MATRICES = {
    "Adafactor": Case(
        network("tanh", "softmax"), "categorical_crossentropy",
        "adafactor(learning_rate=0.8, epsilon_1=1e-10, clip_threshold=0.7, weight_decay=0.3)",
        ("β2 = 0.999", "t + 1 in β2", "γ = -0.5 in β2", "sum in place of the mean",
         "square of the mean gradient", "|g| in place of g²", "ε1 = 1e-06", "not divided by the mean of the rows",
         "square of the gradient, not factored", "rows alone", "columns alone", "r of the step before",
         "update not clipped", "each number clipped", "size of the parameters left out",
         "the paper's 0.01 in place of the learning rate",
         "without 1/√t (relative_step=False)", "size of the parameters before their decay"),
        {"steps": 3},
    ),
    "Adafactor, as long as α is below 1/√t": Case(
        network("tanh", "softmax"), "categorical_crossentropy", "adafactor(learning_rate=0.3, clip_threshold=0.9)",
        ("1/√t in place of the learning rate", "β2 exchanged with 1 - β2", "threshold 1"),
    ),
    "Muon": Case(
        network("tanh", "softmax"), "categorical_crossentropy", "muon(learning_rate=0.1, by_adam=('W2',))",
        ("momentum left out", "gradient damped by 1 - μ", "Nesterov's look ahead left out", "iteration left out",
         "looking ahead by the momentum before", "the gradient in place of the momentum", "not divided by its length",
         "each row divided by its own length", "the cubic iteration (1.5, -0.5, 0)", "without A²", "X in bfloat16",
         "without r √max(n, m)", "√max(1, n/m) (the form of Jordan et al.)", "4 iterations in place of 5",
         "√min(n, m) in place of √max(n, m)", "decay left out", "decay after the update"),
        {"steps": 3},
    ),
    "Muon without a look ahead, few iterations": Case(
        network("tanh", "softmax"), "categorical_crossentropy",
        "muon(learning_rate=0.1, nesterov=False, rms_rate=0.0, ns_steps=2.0, weight_decay=0.0, adam_weight_decay=0.1, "
        "adam_lr_ratio=0.5, clipvalue=0.01)",
        ("Nesterov's look ahead", "momentum of the step before", "0.2 √max(n, m) (the form of Liu et al.)",
         "adam_lr_ratio left out", "one more iteration", "the momentum itself", "not clipped"),
    ),
}  # fmt: skip
