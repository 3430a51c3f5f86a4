"""The essay's equations as constraints between its printed numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from reference.network import ESSAY, Network
from reference.tensor_names import gradient, has_role, is_of, new, parts_of, read, update
from verify.printed.adam_constraints import Update, UpdateFormula
from verify.printed.constraints import (
    TINY,
    Exponential,
    LinearEquation,
    Masked,
    OneHot,
    Product,
    Relu,
    Within,
    ZeroOrOne,
)
from verify.printed.figures import RUN, Printed, Quantity
from verify.printed.propagation import Constraint
from verify.records.precision import EXP_ULP, RECIPROCAL_ULP

# how far the sum of ten float32 probabilities can be from 1: errors of e^z, of its sum, the reciprocal and the product
FLOAT32_SUM = (2 * EXP_ULP + 9 * 0.5 + RECIPROCAL_ULP + 0.5) * 2.0**-23
STEP: Quantity = (RUN, "step", ())


class PrintedStep:
    """The size of Adam's first η∇C as a function s(α, β1, β2), and c: the root in the denominator is c|g|.

    The default does not assume Adam. It demands only one size of η∇C for every gradient that is not 0.
    """

    def __init__(self, name: str = "", s: Callable[..., float] | None = None, c: float = math.inf) -> None:
        self.name, self.s, self.c = name, s, c


def constraints(
    printed: Sequence[Printed], step: PrintedStep, network: Network = ESSAY, *, shared_draw: bool = False
) -> list[Constraint]:
    """Return all constraints.  `shared_draw` adds that every W was drawn from one stream of uniform numbers."""
    equations: list[Constraint] = [*_counts(network), *_softmax("Table 2", "a", "z", 3, "11"), *_label("2.2.1")]
    equations += _probabilities("2.1.3", "a", 10, 0.0, "11")
    equations += _probabilities("Table 6", "A3_golden", 10, FLOAT32_SUM, "11")
    run = sorted({p.quantity[1:] for p in printed if p.scope == RUN})
    equations += [*_forward(network), *_layers(network, run), *_updates(step, network, run)]
    if shared_draw:
        equations += _shared_draw(network, run)
    return equations


def q(symbol: str, *index: int, scope: str = RUN) -> Quantity:
    """Return a quantity by its symbol and indices."""
    return (scope, symbol, index)


def _counts(network: Network) -> Iterator[Constraint]:
    """Yield the equations for the numbers of pixels, weights, biases and variables, sections 2.1 and 2.2.2."""
    depth = network.depth
    n = [q("sizes", k, scope="counts") for k in range(depth + 1)]
    products = [q("sizes product", k, scope="counts") for k in range(1, depth + 1)]
    weights, biases, variables = (q(name, scope="counts") for name in ("weights", "biases", "variables"))
    for p, (a, b) in zip(products, pairwise(n), strict=True):
        yield Product("8a", p, a, b)
    yield LinearEquation("8a", ((-1.0, weights), *((1.0, p) for p in products)))
    yield LinearEquation("8a", ((-1.0, biases), *((1.0, k) for k in n[1:])))
    yield LinearEquation("8a", ((-1.0, variables), (1.0, weights), (1.0, biases)))
    yield Product("6", n[0], q("side", 1, scope="counts"), q("side", 2, scope="counts"))


def _probabilities(scope: str, symbol: str, n: int, slack: float, equation: str) -> list[Constraint]:
    """Return the constraints of n numbers from 0 to 1 with the sum 1."""
    parts = [q(symbol, j, scope=scope) for j in range(1, n + 1)]
    total = LinearEquation(equation, tuple((1.0, a) for a in parts), 1 - slack, 1 + slack)
    return [*(Within(equation, a, 0.0, 1.0) for a in parts), total]


def _softmax(scope: str, symbol: str, z: str, n: int, equation: str, slack: float = 0.0) -> list[Constraint]:
    """Return the constraints of a softmax: a_j·Σ = e^{z_j} with one Σ, and the sum of all a_j is 1."""
    total = q("Σ", scope=scope)
    found = [*_probabilities(scope, symbol, n, slack, equation), Within(equation, total, TINY, math.inf)]
    for j in range(1, n + 1):
        e = q(f"e^{z}", j, scope=scope)
        found.append(Product(equation, e, q(symbol, j, scope=scope), total))
        found.append(Exponential(equation, e, q(z, j, scope=scope)))
    return found


def _label(scope: str) -> list[Constraint]:
    """Return the constraints of a target: one number is 1 and the others are 0."""
    target = [q("y", j, scope=scope) for j in range(1, 11)]
    return [*(ZeroOrOne("13", y) for y in target), LinearEquation("13", tuple((1.0, y) for y in target), 1.0, 1.0)]


def _forward(network: Network) -> list[Constraint]:
    """Return the constraints of the run's prediction: softmax, the target from the digit, and (A - y)."""
    L, n = network.depth, network.sizes[-1]
    found = _softmax(RUN, f"A{L}", f"Z{L}", n, "11", FLOAT32_SUM)
    for j in range(1, n + 1):
        found.append(OneHot("13", q("y", j), q("digit"), j))
        found.append(LinearEquation("22b", ((-1.0, q(f"dB{L}", j)), (1.0, q(f"A{L}", j)), (-1.0, q("y", j)))))
    return found


def _layers(network: Network, run: Sequence[tuple[str, tuple[int, ...]]]) -> Iterator[Constraint]:
    """Yield ReLU, outer products, masks and Glorot's range, for the printed numbers of each layer."""
    L = network.depth
    names = {1: ("22e", "22f"), 2: ("22c", "22d"), 3: ("22a", "22b")}
    nodes: dict[int, set[int]] = {layer: set() for layer in range(L + 1)}
    for symbol, index in run:
        if symbol[-1].isdigit() and index:
            nodes[int(symbol[-1])].add(index[-1])
            if has_role(symbol, "d") and is_of(symbol, "W"):
                layer, (i, j) = int(symbol[-1]), index
                source = q("X", i) if layer == 1 else q(f"A{layer - 1}", i)
                yield Product(names[layer][0], q(symbol, i, j), source, q(f"dB{layer}", j))
                nodes[layer - 1].add(i)
    for layer in range(1, L):
        for i in sorted(nodes[layer]):
            yield Relu("7a", q(f"A{layer}", i), q(f"Z{layer}", i))
            open_ = q("dA2", i) if layer == L - 1 else None
            yield Masked("18b", q(f"dB{layer}", i), q(f"A{layer}", i), open_)
    for i in sorted(nodes[L - 1]):
        yield from _back_from_output(L, network.sizes[-1], i)
    for i in sorted(nodes[0]):
        yield Within("pixels 0 to 1", q("X", i), 0.0, 1.0)
    for layer in range(1, L + 1):
        for symbol, index in run:
            if symbol in (f"W{layer}", new(f"W{layer}")):
                yield Within("Glorot's range", q(f"W{layer}", *index), -glorot(network, layer), glorot(network, layer))


def _back_from_output(L: int, n: int, i: int) -> Iterator[Constraint]:
    """Yield (22d): dA(2)_i = Σ_k w(3)_{i,k} (a_k - y_k), over all outputs k.

    A weight that is not printed still lies in Glorot's range.
    """
    terms = [q(f"w{L}(a - y)", i, k) for k in range(1, n + 1)]
    for k, term in enumerate(terms, 1):
        yield Product("22d", term, q(f"W{L}", i, k), q(f"dB{L}", k))
        yield Within("Glorot's range", q(f"W{L}", i, k), -glorot(ESSAY, L), glorot(ESSAY, L))
    yield LinearEquation("22d", ((-1.0, q(f"dA{L - 1}", i)), *((1.0, term) for term in terms)))


def glorot(network: Network, layer: int) -> float:
    """Return the limit of Glorot & Bengio's uniform initialiser (2010, equation 16), Keras's default."""
    return math.sqrt(6 / (network.sizes[layer - 1] + network.sizes[layer]))


def _updates(step: PrintedStep, network: Network, run: Sequence[tuple[str, tuple[int, ...]]]) -> Iterator[Constraint]:
    """Yield the equations of the updates: new = original - η∇C, the size of η∇C, and 0 for each original bias."""
    epsilon = q("epsilon")
    yield Within("App. A", STEP, TINY, math.inf)
    yield Within("App. A", epsilon, 0.0, math.inf)
    if step.s is not None:
        parameters = tuple(q(name) for name in ("alpha", "beta_1", "beta_2"))
        yield UpdateFormula(step.name, STEP, parameters, ((0.0, 1.0), (0.0, 0.9999), (0.0, 0.999999)), step.s)
    indices: dict[str, set[tuple[int, ...]]] = {}
    for symbol, index in run:
        name = parts_of(symbol)
        if name and name.quantity in ("W", "B") and name.layer is not None and not name.is_kept:
            indices.setdefault(name.base, set()).add(index)
    for P, printed_indices in indices.items():
        equation = "15" if read(P).quantity == "W" else "16"
        for index in sorted(printed_indices):
            u = q(update(P), *index)
            yield LinearEquation(equation, ((-1.0, q(new(P), *index)), (1.0, q(P, *index)), (-1.0, u)))
            yield Update(step.name or "App. A: one η∇C", u, q(gradient(P), *index), STEP, epsilon, step.c)
            if read(P).quantity == "B":
                yield Within("biases begin at 0", q(P, *index), 0.0, 0.0)


def _shared_draw(network: Network, run: Sequence[tuple[str, tuple[int, ...]]]) -> Iterator[Constraint]:
    """Yield the equations of one draw: element k of each W, row by row, is uniform number k times the layer's limit."""
    for layer in range(1, network.depth + 1):
        for index in sorted({i for s, i in run if s in (f"W{layer}", new(f"W{layer}"))}):
            k = place_in_draw(network, layer, index)
            terms = ((1.0, q(f"W{layer}", *index)), (-glorot(network, layer), q("uniform", k)))
            yield LinearEquation("one draw for all layers", terms)


def place_in_draw(network: Network, layer: int, index: tuple[int, ...]) -> int:
    """Return the position of a weight in its matrix, counted row by row from 1."""
    return (index[0] - 1) * network.sizes[layer] + index[1]
