"""The constraints are sound, and no smaller set of numbers can be removed."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.network import ESSAY
from reference.optimizers.sgd import SGD
from reference.rules import rules
from reference.variants import AdamForm
from verify.printed import figures
from verify.printed.consistency import judge
from verify.printed.constraint_model import glorot
from verify.printed.constraints import linear
from verify.printed.figures import Printed
from verify.printed.hitting_sets import resolve
from verify.printed.propagation import Contradiction, State

PRINTED = figures.read()


def true_run(seed, epsilon_at, epsilon, ahead, shared):
    """Return the numbers of a computed step of the essay's network, printed as the essay prints them."""
    rng = np.random.default_rng(seed)
    n = ESSAY.sizes
    draw = rng.uniform(-1, 1, n[0] * n[1])
    tensors = {}
    for layer in (1, 2, 3):
        layer_draw = draw if shared else rng.uniform(-1, 1, n[0] * n[1])
        tensors[f"W{layer}"] = layer_draw[: n[layer - 1] * n[layer]].reshape(n[layer - 1], n[layer]) * glorot(layer)
        tensors[f"B{layer}"] = np.zeros((1, n[layer]))
    digit = int(rng.integers(10))
    X = np.zeros((1, n[0]))
    X[0, rng.choice(np.arange(100, 700), 120, replace=False)] = rng.random(120)
    tensors |= {"X": X, "y": np.eye(10)[[digit]]}
    for rule in rules(ESSAY, "categorical_crossentropy", SGD()):
        if rule.phase != "update":
            tensors[rule.tensor] = rule(tensors)
    form = AdamForm(epsilon_at, ahead, ahead)
    for P in ESSAY.parameters():
        g = tensors[f"d{P}"]
        tensors[f"update_{P}"] = form(0.1 * g, 0.001 * g**2, 1, 0.001, 0.9, 0.999, epsilon)
        tensors[f"{P}_new"] = tensors[P] - tensors[f"update_{P}"]
    printed = []
    for p in PRINTED:
        if p.scope == figures.RUN and p.symbol in tensors:
            array = tensors[p.symbol]
            position = tuple(i - 1 for i in p.index)
            value = float(array[position] if len(position) == 2 else array[0, position[0]])
            small = p.symbol.startswith("update") or (p.symbol[0] == "B" and p.symbol.endswith("_new"))
            text = f"{np.float32(value):.18e}" if p.decimals == 18 else f"{value:.3f}"
            if small:
                text = f"{value:.3e}" if abs(value) > 5e-8 else "0.000"
        elif p.symbol == "digit":
            text = str(digit)
        else:
            printed.append(p)
            continue
        low, high = figures.interval("a test", text)
        printed.append(replace(p, text=text, low=low, high=high))
    return [p for p in printed if p.place != "After Table 3" or p.symbol == "digit"]


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize(
    ("epsilon_at", "epsilon", "ahead", "name"),
    [
        ("root", 1e-8, 1, "bias correction one step ahead (t + 1)"),
        ("root", 1e-8, 0, ""),
        ("hat", 1e-7, 0, "Keras's ε̂ = 1e-7 beside the uncorrected √v"),
    ],
)
def test_nothing_of_a_true_run_is_refuted(epsilon_at, epsilon, ahead, name, shared):
    """The constraints are sound: computed numbers are consistent, except a printed ε that Adam does not use."""
    result = judge(true_run(1, epsilon_at, epsilon, ahead, shared))
    refuted = {v.printed.name for v in result.verdicts if v.verdict == "refuted"}
    assert refuted == ({"epsilon"} if epsilon_at == "hat" else set())
    assert result.adam[0].fits and result.adam[0].name == name
    assert result.draw.supported == shared and not result.blocks


def number(name, low, high):
    return Printed("a test", name, (), f"{low}", low, high, "a test")


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.data())
def test_the_removal_is_a_smallest_one(data):
    """Against all subsets, on random sums of a few numbers, some of them wrong."""
    names = [f"q{i}" for i in range(6)]
    truth = [data.draw(st.integers(-3, 3)) for _ in names]
    shown = [t + data.draw(st.sampled_from([0, 0, 0, 5])) for t in truth]
    printed = {i: number(name, s - 0.4, s + 0.4) for i, (name, s) in enumerate(zip(names, shown, strict=True))}
    sums = data.draw(st.lists(st.sets(st.integers(0, 5), min_size=2, max_size=3), min_size=1, max_size=4))
    totals = [sum(truth[i] for i in s) for s in sums]
    terms = [tuple((1.0, printed[i].quantity) for i in sorted(s)) for s in sums]
    ties = [linear("a sum", t, total, total) for t, total in zip(terms, totals, strict=True)]
    base = State(ties).narrow()

    def consistent(left_out):
        try:
            base.with_numbers({i: p for i, p in printed.items() if i not in left_out})
        except Contradiction:
            return False
        return True

    removals, _ = resolve(base, printed, frozenset())
    assert consistent({removal[0] for removal in removals})
    smallest = next(k for k in range(7) if any(consistent(set(c)) for c in itertools.combinations(range(6), k)))
    assert len(removals) == smallest
    for removal in removals:
        for other in removal[1:]:
            assert consistent({c[0] for c in removals} - {removal[0]} | {other})
