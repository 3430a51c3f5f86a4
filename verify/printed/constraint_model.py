"""The essay's equations as constraints between its printed numbers: what each table owes the others."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from reference.network import ESSAY, Network
from reference.tensor_names import gradient, has_role, is_of, new, parts_of, read, update
from verify.printed.adam_constraints import Formula, Update
from verify.printed.constraints import TINY, Exponential, Linear, Masked, OneHot, Product, Relu, Whole, Within
from verify.printed.figures import RUN, Printed, Quantity
from verify.printed.propagation import Constraint
from verify.records.precision import EXP_ULP, RECIPROCAL_ULP

# how far ten float32 probabilities can be from adding up to 1: e^z and its sum, the reciprocal, the product
FLOAT32_SUM = (2 * EXP_ULP + 9 * 0.5 + RECIPROCAL_ULP + 0.5) * 2.0**-23
STEP: Quantity = (RUN, "step", ())


class Step:
    """How Adam's first η∇C comes from α, β1, β2: s(α, β1, β2), and c, its denominator over |g|.

    The default knows nothing of Adam: one size for every gradient that is not 0.
    """

    def __init__(self, name: str = "", s: Callable[..., float] | None = None, c: float = math.inf) -> None:
        self.name, self.s, self.c = name, s, c


def constraints(
    printed: Sequence[Printed], step: Step, network: Network = ESSAY, *, shared_draw: bool = False
) -> list[Constraint]:
    """All of them.  `shared_draw` adds that every W was drawn from one stream of uniform numbers."""
    found = [*_counts(network), *_softmax("Table 2", "a", "z", 3, "11"), *_label("2.2.1")]
    found += _probabilities("2.1.3", "a", 10, 0.0, "11") + _probabilities("Table 6", "A3_golden", 10, FLOAT32_SUM, "11")
    run = sorted({p.quantity[1:] for p in printed if p.scope == RUN})
    found += _forward(network) + list(_layers(network, run)) + list(_updates(step, network, run))
    if shared_draw:
        found += _shared_draw(network, run)
    return found


def q(symbol: str, *index: int, scope: str = RUN) -> Quantity:
    return (scope, symbol, index)


def _counts(network: Network) -> list[Constraint]:
    """How many weights and biases there are, section 2.2.2."""
    depth = network.depth
    n = [q("sizes", k, scope="counts") for k in range(depth + 1)]
    products = [q("sizes product", k, scope="counts") for k in range(1, depth + 1)]
    weights, biases, variables = (q(name, scope="counts") for name in ("weights", "biases", "variables"))
    found: list[Constraint] = [Product("8a", p, a, b) for p, (a, b) in zip(products, pairwise(n), strict=True)]
    found.append(Linear("8a", ((-1.0, weights), *((1.0, p) for p in products))))
    found.append(Linear("8a", ((-1.0, biases), *((1.0, k) for k in n[1:]))))
    found.append(Linear("8a", ((-1.0, variables), (1.0, weights), (1.0, biases))))
    found.append(Product("6", n[0], q("side", 1, scope="counts"), q("side", 2, scope="counts")))
    return found


def _probabilities(scope: str, symbol: str, n: int, slack: float, equation: str) -> list[Constraint]:
    """n numbers from 0 to 1 that add up to 1."""
    every = [q(symbol, j, scope=scope) for j in range(1, n + 1)]
    found: list[Constraint] = [Within(equation, a, 0.0, 1.0) for a in every]
    return [*found, Linear(equation, tuple((1.0, a) for a in every), 1 - slack, 1 + slack)]


def _softmax(scope: str, symbol: str, z: str, n: int, equation: str, slack: float = 0.0) -> list[Constraint]:
    """a_j·Σ = e^{z_j}, with one Σ, and the a_j add up to 1."""
    total = q("Σ", scope=scope)
    found = [*_probabilities(scope, symbol, n, slack, equation), Within(equation, total, TINY, math.inf)]
    for j in range(1, n + 1):
        e = q(f"e^{z}", j, scope=scope)
        found += [Product(equation, e, q(symbol, j, scope=scope), total)]
        found += [Exponential(equation, e, q(z, j, scope=scope))]
    return found


def _label(scope: str) -> list[Constraint]:
    """A target is 1 at one place and 0 elsewhere."""
    every = [q("y", j, scope=scope) for j in range(1, 11)]
    return [*(Whole("13", y) for y in every), Linear("13", tuple((1.0, y) for y in every), 1.0, 1.0)]


def _forward(network: Network) -> list[Constraint]:
    """The prediction of the run: softmax, the target from the digit on the image, (A - y)."""
    L, n = network.depth, network.sizes[-1]
    found = _softmax(RUN, f"A{L}", f"Z{L}", n, "11", FLOAT32_SUM)
    for j in range(1, n + 1):
        found.append(OneHot("13", q("y", j), q("digit"), j))
        found.append(Linear("22b", ((-1.0, q(f"dB{L}", j)), (1.0, q(f"A{L}", j)), (-1.0, q("y", j)))))
    return found


def _layers(network: Network, run: Sequence[tuple[str, tuple[int, ...]]]) -> Iterator[Constraint]:
    """ReLU, outer products, masks and Glorot's range, for what is printed of each layer."""
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
    """(22d): dA(2)_i = Σ_k w(3)_{i,k} (a_k - y_k), over all outputs; what is not printed lies in Glorot's range."""
    parts = []
    for k in range(1, n + 1):
        parts.append((1.0, q(f"w{L}(a - y)", i, k)))
        yield Product("22d", parts[-1][1], q(f"W{L}", i, k), q(f"dB{L}", k))
        yield Within("Glorot's range", q(f"W{L}", i, k), -glorot(ESSAY, L), glorot(ESSAY, L))
    yield Linear("22d", ((-1.0, q(f"dA{L - 1}", i)), *parts))


def glorot(network: Network, layer: int) -> float:
    """The limit of Glorot & Bengio's uniform initialiser (2010, equation 16), Keras's default."""
    return math.sqrt(6 / (network.sizes[layer - 1] + network.sizes[layer]))


def _updates(step: Step, network: Network, run: Sequence[tuple[str, tuple[int, ...]]]) -> Iterator[Constraint]:
    """New = original - η∇C; one η∇C for every gradient that is not 0; biases begin at 0."""
    epsilon = q("epsilon")
    yield Within("App. A", STEP, TINY, math.inf)
    yield Within("App. A", epsilon, 0.0, math.inf)
    if step.s is not None:
        parameters = tuple(q(name) for name in ("alpha", "beta_1", "beta_2"))
        yield Formula(step.name, STEP, parameters, ((0.0, 1.0), (0.0, 0.9999), (0.0, 0.999999)), step.s)
    indices: dict[str, set[tuple[int, ...]]] = {}
    for symbol, index in run:
        name = parts_of(symbol)
        if name and name.quantity in ("W", "B") and name.layer is not None and not name.is_kept:
            indices.setdefault(name.base, set()).add(index)
    for P, found in indices.items():
        equation = "15" if read(P).quantity == "W" else "16"
        for index in sorted(found):
            u = q(update(P), *index)
            yield Linear(equation, ((-1.0, q(new(P), *index)), (1.0, q(P, *index)), (-1.0, u)))
            yield Update(step.name or "App. A: one η∇C", u, q(gradient(P), *index), STEP, epsilon, step.c)
            if read(P).quantity == "B":
                yield Within("biases begin at 0", q(P, *index), 0.0, 0.0)


def _shared_draw(network: Network, run: Sequence[tuple[str, tuple[int, ...]]]) -> list[Constraint]:
    """The k-th number of each W, row by row, is the k-th uniform number times that layer's limit."""
    found: list[Constraint] = []
    for layer in range(1, network.depth + 1):
        for index in sorted({i for s, i in run if s in (f"W{layer}", new(f"W{layer}"))}):
            k = place_in_draw(network, layer, index)
            terms = ((1.0, q(f"W{layer}", *index)), (-glorot(network, layer), q("uniform", k)))
            found.append(Linear("one draw for all layers", terms))
    return found


def place_in_draw(network: Network, layer: int, index: tuple[int, ...]) -> int:
    """Row by row, from 1."""
    return (index[0] - 1) * network.sizes[layer] + index[1]
