"""Muon (Jordan et al. 2024): the momentum of a matrix, brought near to the orthogonal matrix that is nearest to it.

The iteration of Newton and Schulz moves all singular values towards 1 at once, by p(s) = a s + b s³ + c s⁵. It ends
near 1, not at 1. Each matrix on the way is a tensor of the step: iterate0_W1 is the momentum divided by its length,
iterate1_W1 what the first iteration makes of it, and so on.

Jordan et al. iterate in bfloat16, and multiply the step by √max(1, n/m) of a matrix [n, m]. Keras iterates in the
precision of the parameters, and multiplies by 0.2 √max(n, m), as Liu et al. 2025 (Moonlight) do. Parameters that are
not matrices, embeddings and `exclude_layers` are moved by Adam, with a weight decay of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference import tensor_names as names
from reference.layers.layer import SentRows
from reference.operations import norm, operation, product, quotient, rounded_as
from reference.optimizers.adam import Adam
from reference.optimizers.optimizer import Optimizer
from reference.rule import Rule

JORDAN, NEWTON_SCHULZ, LIU = "Jordan et al. 2024", "Jordan et al. 2024: Newton-Schulz", "Liu et al. 2025"
LEAST = 1e-7  # what is added to a length; Keras has no option for it
SHARED = (
    "learning_rate", "epsilon", "undecayed", "use_ema", "ema_momentum", "ema_overwrite_frequency",
    "loss_scale_factor", "gradient_accumulation_steps", "clipnorm", "clipvalue", "global_clipnorm",
)  # fmt: skip


def velocity(m: Any, g: Any, momentum: float) -> Any:
    """M_t = μ M + G, in the order M + (G + M (μ - 1)).  All shaped like g.  Jordan et al. 2024, Algorithm 2"""
    return m + (g + m * (momentum - 1))


def ahead(m: Any, g: Any, momentum: float) -> Any:
    """G + μ M, divided by its length.  m, g -> their shape.  Jordan et al. 2024: Nesterov's form"""
    return of_length_one(g + m * momentum)


def of_length_one(G: Any) -> Any:
    """G / (‖G‖ + 1e-7): all singular values are at most 1.  G -> its shape.  Jordan et al. 2024, Algorithm 2"""
    return quotient(G, norm(G) + LEAST, LEAST)


@operation
def iterated(X: Any, a: Any, b: Any, c: Any) -> Any:
    """a X + (b A + c A²) X, A = X Xᵀ, of X or Xᵀ, whichever has fewer rows.  X [n, m] -> [n, m].  Jordan et al. 2024"""
    wide = X if X.shape[0] <= X.shape[1] else X.T
    A = wide @ wide.T
    found = wide * a + (A * b + (A * c) @ A) @ wide
    return found if X.shape[0] <= X.shape[1] else found.T


def iterate(X: Any, muon_a: float, muon_b: float, muon_c: float) -> Any:
    """One iteration of Newton and Schulz with the coefficients a, b and c.  X -> its shape.  Jordan et al. 2024"""
    return iterated(X, muon_a, muon_b, muon_c)


def update(X: Any, alpha: Any, rms_rate: float) -> Any:
    """α X, and if there is a rate r, α r √max(n, m) X, to be subtracted.  X [n, m] -> [n, m].  Liu et al. 2025"""
    if not rms_rate:
        return X * alpha
    return product(X, alpha, np.sqrt(rounded_as(float(max(X.shape)), X)), rms_rate)


@dataclass(frozen=True)
class Muon(Optimizer):
    """Muon's coefficients, under Keras's names. `rms_rate`: 0 means that the step is not multiplied by it.

    `by_adam` names the weights W that Adam moves; it moves all other parameters than weights as well.
    """

    learning_rate: Any = 0.001  # or a schedule, a function of t
    adam_beta_1: float = 0.9
    adam_beta_2: float = 0.999
    adam_weight_decay: float = 0.004
    epsilon: float = 1e-7
    weight_decay: float = 0.004
    clipnorm: float = 0.0
    clipvalue: float = 0.0
    global_clipnorm: float = 0.0
    muon_a: float = 3.4445
    muon_b: float = -4.7750
    muon_c: float = 2.0315
    adam_lr_ratio: float = 1.0
    momentum: float = 0.95
    ns_steps: float = 5.0
    nesterov: bool = True
    rms_rate: float = 0.2
    by_adam: tuple[str, ...] = ()
    name = "muon"
    keeps = ("m",)
    moves_by_a_product = True
    moves_by_rows = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (self.ns_steps == int(self.ns_steps) and 0 <= self.ns_steps < 1000):
            raise ValueError(f"ns_steps of muon must be a whole number from 0 to 999, not {self.ns_steps:g}")

    @property
    def coefficients(self) -> dict[str, float]:
        """alpha, unless it has a schedule, and Adam's beta_1 and beta_2."""
        return super().coefficients | {"beta_1": self.adam_beta_1, "beta_2": self.adam_beta_2}

    def of(self, P: str) -> Optimizer:
        """Return what moves a parameter: this optimizer if it is a matrix, or Adam."""
        if names.read(P).quantity == "W" and P not in self.by_adam:
            return self
        return Adam(
            beta_1=self.adam_beta_1,
            beta_2=self.adam_beta_2,
            weight_decay=self.adam_weight_decay,
            ratio=self.adam_lr_ratio,
            **{name: getattr(self, name) for name in SHARED},
        )

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rules of m_P, of each matrix on the way, and of update_P."""
        m, last = names.kept("m", P), names.iterate(int(self.ns_steps), P)
        compute = partial(velocity, momentum=self.momentum)
        yield self.rule(m, JORDAN, (names.before(m), g), compute, layer, fusable=(g,))
        options: dict[str, Any] = {"layer": layer, "phase": "update", "kind": self.name}
        if self.nesterov:
            looking = partial(ahead, momentum=self.momentum)
            yield Rule(names.iterate(0, P), JORDAN, (m, g), looking, fusable=(g,), **options)
        else:
            yield Rule(names.iterate(0, P), JORDAN, (m,), of_length_one, **options)
        compute = partial(iterate, muon_a=self.muon_a, muon_b=self.muon_b, muon_c=self.muon_c)
        for k in range(int(self.ns_steps)):
            yield Rule(names.iterate(k + 1, P), NEWTON_SCHULZ, (names.iterate(k, P),), compute, **options)
        yield self.rule(names.update(P), LIU, (last, "alpha"), partial(update, rms_rate=self.rms_rate), layer)
