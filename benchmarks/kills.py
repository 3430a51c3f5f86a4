"""Faults of losses, optimizers and what is around them: how many are noticed, and how many causes are named.

    python -m benchmarks.kills [--record]

No TensorFlow: the steps are simulated in float32, and each altered equation is put in the place of the right one.
Exit status 1 if a fault that rounding cannot explain goes unnoticed.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from benchmarks.record import Cell, Column, Measurement, finish, parser
from reference.constraints import Constraint
from reference.network import chain
from reference.optimizers import kinds
from reference.orthogonal import Orthogonal
from reference.regularizers import Regularizer
from tests.support.loss_cases import CASES, ROWS, N, n
from tests.support.simulate import SMALL, simulate
from verify.compare.faults import Fault
from verify.faults.kill_matrix import KillMatrix, counts
from verify.records.settings import GIVEN
from verify.records.trace import Trace

AROUND = {
    "momentum": "sgd(momentum=0.9, nesterov=True, weight_decay=0.1, clipnorm=0.1)",
    "AMSGrad": "adam(amsgrad=True, clipvalue=0.001, use_ema=True)",
    "accumulation": "adam(gradient_accumulation_steps=2.0, loss_scale_factor=8.0)",
    "centered": "rmsprop(centered=True, momentum=0.5, global_clipnorm=0.1)",
    "average that overwrites": "sgd(use_ema=True, ema_overwrite_frequency=2.0, undecayed=('B1',), weight_decay=0.1)",
    "cosine": "sgd(learning_rate=cosine_decay(initial_learning_rate=0.1, decay_steps=7.0, alpha=0.1))",
    "steps": "adam(learning_rate=exponential_decay(initial_learning_rate=0.1, decay_steps=7.0, decay_rate=0.9))",
}
MEASUREMENT = Measurement(
    "kills",
    "Faults of a training: `benchmarks.kills`",
    "Each altered equation of each loss, optimizer, regularizer and constraint is put in the place of the right one.",
    (
        Column("part"),
        Column("faults"),
        Column("noticed"),
        Column("equal to the truth within rounding"),
        Column("unnoticed"),
        Column("causes to name"),
        Column("named first"),
    ),
)


PARTS: dict[str, dict[str, Any]] = {
    "L1": {"regularizers": (("W1", Regularizer(0.02, 0.0)),)},
    "L2": {"regularizers": (("W1", Regularizer(0.0, 0.3)),)},
    "L1L2": {"regularizers": (("W1", Regularizer(0.02, 0.3)),)},
    "OrthogonalRegularizer": {"regularizers": (("W1", Orthogonal(0.1, "rows")),)},
    "NonNeg": {"constraints": (("W1", Constraint()),)},
    "UnitNorm": {"constraints": (("W1", Constraint("unit_norm", axes=(-2,))),)},
    "MinMaxNorm": {"constraints": (("W1", Constraint("norm_within", axes=(-2,), least=0.5, most=0.8, rate=0.5)),)},
}
SMOOTH = chain((9, 8, 7, 6), ("tanh", "tanh", "softmax"))  # no gradient is 0 by a unit that is off
OF_UPDATES = "Adam"  # the group of the faults of an optimizer


def main() -> int:
    """Run all parts and return the exit status: 0 nothing goes unnoticed, 1 something does."""
    given = parser(__doc__).parse_args()
    rows: list[list[Cell]] = []
    total: Counter[str] = Counter()
    for name, trace, chosen in cases():
        matrix = KillMatrix(trace)
        kills = [matrix.run(fault) for fault in matrix.catalogue() if fault.replaced and chosen(fault)]
        for kill in (kill for kill in kills if kill.survived):
            print(f"{name}: {kill.fault.name} goes unnoticed, at {kill.size:.3g} times the bounds")
        for kill in (kill for kill in kills if kill.named_correctly is False):
            print(f"{name}: {kill.fault.name} is called {kill.diagnosis!r}")
        rows.append(row(name, found := counts(kills)))
        total.update(found)
    finish(MEASUREMENT, [*rows, row("all", total)], given.record)
    return int(total["survived"] > 0)


def cases() -> Iterator[tuple[str, Trace, Callable[[Fault], bool]]]:
    """Yield each part with a simulated training of it, and a function that chooses its faults."""
    for text, (activation, labels) in CASES.items():
        words = {"loss": text, "optimizer": "sgd", "batch": N, "steps": 1, "data": GIVEN}
        trace = simulate(chain((5, 3, n), ("relu", activation)), given={"y": ROWS[labels]}, **words)
        yield text, trace, lambda fault: fault.group == "loss"
    for name, text in {**{kind: kind for kind in kinds()}, **AROUND}.items():
        yield name, simulate(SMOOTH, optimizer=text, steps=4), lambda fault: fault.group == OF_UPDATES
    plain = {fault.name for fault in KillMatrix(simulate(SMALL)).catalogue()}
    for name, words in PARTS.items():
        yield name, simulate(replace(SMALL, **words)), lambda fault: fault.name not in plain


def row(name: str, found: dict[str, int]) -> list[Cell]:
    """Return the row of one part."""
    return [name, *(found[key] for key in ("tried", "caught", "equal", "survived", "to_name", "named"))]


if __name__ == "__main__":
    sys.exit(main())
