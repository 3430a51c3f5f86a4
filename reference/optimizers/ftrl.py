"""Follow the regularized leader (McMahan et al. 2013).

Keras adds 2 λ2 where the paper has λ2; its √n may be any power of n, its n begins at `initial_accumulator_value`, and
its gradient may have a part 2 λs w of a shrinkage, which the paper has not. Keras does not subtract an update: z and n
alone give the new parameters.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference import rows
from reference import tensor_names as names
from reference.clipping import Clip, kept
from reference.layers.layer import SentRows
from reference.optimizers.adagrad import square, sum_of_squares
from reference.optimizers.optimizer import Optimizer
from reference.rule import Rule

MCMAHAN = "McMahan et al. 2013"


def regularized(z: Any, g: Any, n: Any, new_n: Any, P: Any, alpha: Any, power: float, shrinkage: float) -> Any:
    """z + g + 2 λs w - σ w, σ = (√n_t - √n) / α.  All shaped like g.  McMahan et al. 2013; λs is Keras's"""
    return _with_sigma(z, g + P * (2 * shrinkage), n, new_n, P, alpha, power)


def regularized_of_rows(
    z: Any, X: Any, dZ: Any, n: Any, new_n: Any, P: Any, alpha: Any, power: float, shrinkage: float, rows_of: int,
    clip: Clip = kept,
) -> Any:  # fmt: skip
    """Ftrl's z, where g is the sum of single rows.  z, n, P [V, n], X, dZ -> [V, n].  Keras: Ftrl"""
    g = rows.moment_from_before(P, X, dZ, keep=2 * shrinkage, term=whole, rows=rows_of, clip=clip)
    return _with_sigma(z, g, n, new_n, P, alpha, power)


def whole(g: Any) -> Any:
    """g, the term of a sum of gradients.  g -> its shape.  Keras: Ftrl"""
    return g


def _with_sigma(z: Any, g: Any, n: Any, new_n: Any, P: Any, alpha: Any, power: float) -> Any:
    """Return z + g - σ w."""
    return z + (g - ((new_n**-power - n**-power) / alpha) * P)


def parameters(z: Any, n: Any, alpha: Any, power: float, lambda_1: float, lambda_2: float, beta: float) -> Any:
    """(z kept within ± λ1, less z) / (√n / α + 2 λ2 + β / α), 0 where |z| <= λ1.  z, n -> their shape.  Keras: Ftrl"""
    within = np.maximum(np.minimum(z, lambda_1), -lambda_1)
    return (within - z) / (n**-power / alpha + 2 * (lambda_2 + beta / (2 * alpha)))


@dataclass(frozen=True)
class Ftrl(Optimizer):
    """Ftrl's coefficients, under Keras's names."""

    learning_rate: Any = 0.001  # or a schedule, a function of t
    learning_rate_power: float = -0.5
    initial_accumulator_value: float = 0.1
    l1_regularization_strength: float = 0.0
    l2_regularization_strength: float = 0.0
    l2_shrinkage_regularization_strength: float = 0.0
    beta: float = 0.0
    weight_decay: float = 0.0
    clipnorm: float = 0.0
    clipvalue: float = 0.0
    global_clipnorm: float = 0.0
    name = "ftrl"
    keeps = ("z", "n")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not -1 <= self.learning_rate_power <= 0:
            raise ValueError("learning_rate_power of ftrl must be from -1 to 0")

    def begins_at(self, letter: str) -> float:
        """Return the number at which all n begin, and 0 for z."""
        return self.initial_accumulator_value if letter == "n" else 0.0

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rules of n_P and z_P."""
        n, z = names.kept("n", P), names.kept("z", P)
        yield self.moment(n, MCMAHAN, g, sum_of_squares, layer, sent, 1.0, square)
        others = (names.before(n), n, self.held(P), "alpha")
        options = {"power": self.learning_rate_power, "shrinkage": self.l2_shrinkage_regularization_strength}
        if sent:
            inputs = (names.before(z), *sent[:2], *others)
            of_rows = partial(regularized_of_rows, **options, rows_of=sent.size, clip=sent.clip)
            yield Rule(z, MCMAHAN, inputs, of_rows, layer, "update", kind=self.name)
        else:
            yield self.rule(z, MCMAHAN, (names.before(z), g, *others), partial(regularized, **options), layer)

    def end(self, P: str, kept: str, equation: str, layer: int, sent: SentRows | None) -> Rule:
        """Return the rule of P_new, which z_P and n_P give."""
        options = {
            "power": self.learning_rate_power,
            "lambda_1": self.l1_regularization_strength,
            "lambda_2": self.l2_regularization_strength,
            "beta": self.beta,
        }
        inputs = (names.kept("z", P), names.kept("n", P), "alpha")
        return self.rule(names.new(P), MCMAHAN, inputs, partial(parameters, **options), layer)
