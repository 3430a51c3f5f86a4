"""Find the form of Adam that gives the printed η∇C: try many forms on the printed gradients and updates."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from reference.optimizers.adam import ALGORITHM_1, KERAS, Adam
from reference.tensor_names import UPDATE, base_of, has_role
from reference.tensor_names import update as update_of
from reference.variants import adam_forms
from verify.printed.constraint_model import PrintedStep
from verify.printed.figures import RUN, Printed

APPENDIX_A = "App. A: θ"


@dataclass(frozen=True)
class Form:
    """One way to compute the first η∇C, and how well it agrees with the printed numbers.

    `departures` counts the differences from Appendix A as printed. `size` is η∇C for the gradient 1 without ε. The form
    agrees with `agree` of the `pairs` printed pairs of ∇C and η∇C.
    """

    name: str
    departures: int
    epsilon: float
    step: PrintedStep
    size: float
    agree: int = 0
    pairs: int = 0

    @property
    def fits(self) -> bool:
        """True if the form agrees with every printed pair, and there is at least one."""
        return 0 < self.pairs == self.agree


def forms() -> Iterator[Form]:
    """Yield the forms of Adam that give a finite first update from zero moments."""
    for adam, where, title in ((ALGORITHM_1, "root", ""), (KERAS, "hat", "Keras's ε̂ = 1e-7 beside the uncorrected √v")):
        for name, update in adam_forms(where).items():
            names = [part for part in (title, name) if part]
            s = partial(_size, update)
            size = s(adam.learning_rate, adam.beta_1, adam.beta_2)
            if not math.isfinite(size):
                continue
            label = "; ".join(names)
            step = PrintedStep(f"{APPENDIX_A}, {label}" if label else APPENDIX_A, s, _root(update, adam, size))
            yield Form(label, len(names), adam.epsilon, step, size)


def search(printed: Sequence[Printed]) -> tuple[Form, ...]:
    """Return every form, sorted by the number of printed pairs that agree, then by the fewest departures."""
    pairs = list(_pairs(printed))
    tried = (replace(form, agree=sum(_agrees(form, *pair) for pair in pairs), pairs=len(pairs)) for form in forms())
    return tuple(sorted(tried, key=lambda form: (-form.agree, form.departures)))


def _size(update: Callable[..., float], alpha: float, beta_1: float, beta_2: float, epsilon: float = 0.0) -> float:
    """Return η∇C for the gradient 1, from zero moments, at t = 1."""
    return float(update(1 - beta_1, 1 - beta_2, 1.0, alpha, beta_1, beta_2, epsilon))


def _root(update: Callable[..., float], adam: Adam, size: float) -> float:
    """Return c, where ε is added to c|g|.  With g = 1, ε = 1 multiplies the step by c / (c + 1)."""
    with_one = _size(update, adam.learning_rate, adam.beta_1, adam.beta_2, 1.0)
    return with_one / (size - with_one)


def _pairs(printed: Sequence[Printed]) -> Iterator[tuple[Printed, Printed]]:
    """Yield each printed gradient that is not 0 with the η∇C printed for it, if that is not 0."""
    updates = {p.quantity: p for p in printed if p.scope == RUN and has_role(p.symbol, UPDATE)}
    for p in printed:
        update = updates.get((p.scope, update_of(base_of(p.symbol)), p.index))
        if has_role(p.symbol, "d") and update is not None and p.low * p.high > 0 and update.digits:
            yield p, update


def _agrees(form: Form, gradient: Printed, update: Printed) -> bool:
    """Return whether the form gives the printed update for the printed gradient."""
    g = sorted((abs(gradient.low), abs(gradient.high)))
    c = form.step.c
    low, high = (form.size * (1.0 if math.isinf(c) else c * x / (c * x + form.epsilon)) for x in g)
    u = sorted((abs(update.low), abs(update.high)))
    return low <= u[1] and u[0] <= high and (update.low > 0) == (gradient.low > 0)
