"""Lion (Chen et al. 2023). Keras decays the weights before it takes the step; the paper does both at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from reference import rows
from reference import tensor_names as names
from reference.layers.layer import SentRows
from reference.operations import choose, rounded_as
from reference.optimizers.optimizer import ROWS, Optimizer
from reference.rule import Rule

CHEN = "Chen et al. 2023"


def sign(x: Any) -> Any:
    """1 where x > 0, -1 where x < 0, 0 where x = 0.  x -> its shape.  Chen et al. 2023"""
    one = rounded_as(1.0, x)
    return choose(x > 0, one, choose(x < 0, -one, one * 0))


def between(m: Any, g: Any, beta: float) -> Any:
    """β m + (1 - β) g.  All shaped like g.  Chen et al. 2023, Algorithm 2"""
    return m * beta + part(g, beta)


def part(g: Any, beta: float) -> Any:
    """(1 - β) g, what a gradient adds; Keras rounds β before it subtracts.  g -> its shape.  Chen et al. 2023"""
    return g * (1 - rounded_as(beta, g))


def update(m: Any, g: Any, alpha: Any, beta: float) -> Any:
    """α sign(β m + (1 - β) g), with m of the step before.  m, g -> their shape.  Chen et al. 2023, Algorithm 2"""
    return sign(between(m, g, beta)) * alpha


def update_of_rows(
    m: Any, X: Any, dZ: Any, alpha: Any, moment: Callable[..., Any] = rows.moment, **options: Any
) -> Any:
    """α sign(β m + Σ (1 - β) dZ) over the places of each row.  m [V, n], X, dZ -> [V, n].  Keras: Lion"""
    return sign(moment(m, X, dZ, **options)) * alpha


@dataclass(frozen=True)
class Lion(Optimizer):
    """Lion's coefficients."""

    learning_rate: Any = 0.001  # or a schedule, a function of t
    beta_1: float = 0.9
    beta_2: float = 0.99
    weight_decay: float = 0.0
    clipnorm: float = 0.0
    clipvalue: float = 0.0
    global_clipnorm: float = 0.0
    name = "lion"
    keeps = ("m",)

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rules of update_P, which reads m_P of the step before, and of m_P."""
        m, folded = names.kept("m", P), (g,) if self.global_clipnorm else ()  # clipped: a product with a constant
        if sent:
            term, read = partial(part, beta=self.beta_1), (names.before(m), *sent[:2], "alpha")
            options: dict[str, Any] = {"keep": self.beta_1, "term": term, "rows": sent.size, "clip": sent.clip}
            compute = partial(update_of_rows, **options)
            other = (partial(update_of_rows, moment=rows.moment_from_before, **options),)
            yield Rule(names.update(P), CHEN, read, compute, layer, "update", kind=ROWS, otherwise=other)
        else:
            inputs = (names.before(m), g, "alpha")
            yield self.rule(names.update(P), CHEN, inputs, partial(update, beta=self.beta_1), layer, folded=folded)
        compute, term = partial(between, beta=self.beta_2), partial(part, beta=self.beta_2)
        yield self.moment(m, CHEN, g, compute, layer, sent, self.beta_2, term, folded=folded)
