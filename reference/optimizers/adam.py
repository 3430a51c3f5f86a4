"""Adam and its relatives. Their equations, Appendix A of the essay, are in `reference.adam`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from reference import adam
from reference import tensor_names as names
from reference.layers.layer import SentRows
from reference.optimizers.optimizer import ROWS, Optimizer
from reference.rule import Rule


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam's coefficients; `epsilon_hat` says which of the two equations of the update they are for.

    `amsgrad`: the update reads the largest v so far in place of v. With `weight_decay` it is AdamW.
    `ratio`: the update is that of α times it, which Muon calls `adam_lr_ratio`, with ε̂.
    """

    learning_rate: Any = 0.001  # or a schedule, a function of t
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    epsilon_hat: bool = True
    amsgrad: bool = False
    ratio: float = 1.0
    weight_decay: float = 0.0
    clipnorm: float = 0.0
    clipvalue: float = 0.0
    global_clipnorm: float = 0.0
    name = "adam"

    @property
    def keeps(self) -> tuple[str, ...]:
        """The letters m and v; with `amsgrad` also vmax, the largest v so far."""
        return ("m", "v", "vmax") if self.amsgrad else ("m", "v")

    @property
    def coefficients(self) -> dict[str, float]:
        """alpha, unless it has a schedule, beta_1 and beta_2."""
        return super().coefficients | {"beta_1": self.beta_1, "beta_2": self.beta_2}

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rules of m_P, v_P, vmax_P (with `amsgrad`) and update_P."""
        m, v = names.kept("m", P), names.kept("v", P)
        first = partial(adam.first_moment, beta_1=self.beta_1)
        second = partial(adam.second_moment, beta_2=self.beta_2)
        yield Rule(m, "App. A: m", (names.before(m), g), first, layer, "update", (g,), kind=self.name, elementwise=True)
        if sent:
            of_rows = partial(adam.second_moment_of_rows, beta_2=self.beta_2, rows=sent.size, clip=sent.clip)
            yield Rule(v, "Keras: v of rows", (names.before(v), *sent[:2]), of_rows, layer, "update", kind=ROWS)
        else:
            yield Rule(v, "App. A: v", (names.before(v), g), second, layer, "update", kind=self.name, elementwise=True)
        if self.amsgrad:
            v_t, v = v, names.kept("vmax", P)
            yield Rule(
                v,
                "Reddi et al. 2018",
                (names.before(v), v_t),
                adam.largest_moment,
                layer,
                "update",
                kind=self.name,
                elementwise=True,
            )
        form, function = ("ε̂", adam.update_epsilon_hat) if self.epsilon_hat else ("θ", adam.update_algorithm_1)
        compute = partial(function, epsilon=self.epsilon)
        if self.ratio != 1:
            compute = partial(adam.update_of_ratio, epsilon=self.epsilon, ratio=self.ratio)
        yield Rule(
            names.update(P),
            f"App. A: {form}",
            (m, v, "t", "alpha", "beta_1", "beta_2"),
            compute,
            layer,
            "update",
            kind=self.name,
            elementwise=True,
        )


ALGORITHM_1 = Adam(epsilon=1e-8, epsilon_hat=False)
KERAS = Adam()
