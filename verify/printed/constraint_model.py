"""The essay's equations as constraints between its printed numbers."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from reference.network import ESSAY
from reference.tensor_names import gradient, has_role, is_of, new, parts_of, read, update
from verify.printed import constraints as kinds
from verify.printed.figures import COUNTED, RUN, Index, Printed, Quantity
from verify.printed.propagation import Constraint
from verify.records.precision import EXP_ULP, RECIPROCAL_ULP

# how far the sum of ten float32 probabilities can be from 1: errors of e^z, of its sum, the reciprocal and the product
FLOAT32_SUM = (2 * EXP_ULP + 9 * 0.5 + RECIPROCAL_ULP + 0.5) * 2.0**-23
STEP: Quantity = (RUN, "step", ())
L = ESSAY.depth
OUTPUTS = range(1, ESSAY.sizes[L] + 1)
WEIGHT_EQUATIONS = {1: "22e", 2: "22c", 3: "22a"}  # the equation of ∂C/∂W(l)


@dataclass(frozen=True)
class PrintedStep:
    """The size of Adam's first η∇C as a function s(α, β1, β2), and c: the root in the denominator is c|g|.

    The default does not assume Adam. It demands only one size of η∇C for every gradient that is not 0.
    """

    name: str = ""
    s: Callable[..., float] | None = None
    c: float = math.inf


def constraints(printed: Sequence[Printed], step: PrintedStep, *, shared_draw: bool = False) -> list[Constraint]:
    """Return all constraints.  `shared_draw` adds that every W was drawn from one stream of uniform numbers."""
    run = sorted({p.quantity[1:] for p in printed if p.scope == RUN})
    return [
        *_counts(),
        *_softmax("Table 2", "a", "z", 3),
        *(Constraint("13", (q("y", j, scope="2.2.1"),), kinds.zero_or_one, reads_itself=True) for j in OUTPUTS),
        kinds.linear("13", [(1.0, q("y", j, scope="2.2.1")) for j in OUTPUTS], 1.0, 1.0),
        *_probabilities("2.1.3", "a", 10, 0.0),
        *_probabilities("Table 6", "A3_golden", 10, FLOAT32_SUM),
        *_output(),
        *_layers(run),
        *_updates(step, run),
        *(_shared_draw(run) if shared_draw else ()),
    ]


def q(symbol: str, *index: int, scope: str = RUN) -> Quantity:
    """Return a quantity by its symbol and indices."""
    return (scope, symbol, index)


def _counts() -> Iterator[Constraint]:
    """Yield the equations for the numbers of pixels, weights, biases and variables, sections 2.1 and 2.2.2."""
    sizes = [q("sizes", k, scope=COUNTED) for k in range(L + 1)]
    products = [q("sizes product", k, scope=COUNTED) for k in range(1, L + 1)]
    weights, biases, variables = (q(name, scope=COUNTED) for name in ("weights", "biases", "variables"))
    for p, (m, n) in zip(products, pairwise(sizes), strict=True):
        yield Constraint("8a", (p, m, n), kinds.factors)
    for total, parts in ((weights, products), (biases, sizes[1:]), (variables, (weights, biases))):
        yield kinds.linear("8a", [(-1.0, total), *((1.0, part) for part in parts)])
    yield Constraint("6", (sizes[0], q("side", 1, scope=COUNTED), q("side", 2, scope=COUNTED)), kinds.factors)


def _probabilities(scope: str, symbol: str, n: int, slack: float) -> Iterator[Constraint]:
    """Yield the constraints of n numbers from 0 to 1 with the sum 1."""
    parts = [q(symbol, j, scope=scope) for j in range(1, n + 1)]
    for part in parts:
        yield kinds.within("11", part, 0.0, 1.0)
    yield kinds.linear("11", [(1.0, part) for part in parts], 1 - slack, 1 + slack)


def _softmax(scope: str, symbol: str, z: str, n: int, slack: float = 0.0) -> Iterator[Constraint]:
    """Yield the constraints of a softmax: a_j·Σ = e^{z_j} with one Σ, and the sum of all a_j is 1."""
    total = q("Σ", scope=scope)
    yield from _probabilities(scope, symbol, n, slack)
    yield kinds.within("11", total, kinds.TINY, math.inf)
    for j in range(1, n + 1):
        e = q(f"e^{z}", j, scope=scope)
        yield Constraint("11", (e, q(symbol, j, scope=scope), total), kinds.factors)
        yield Constraint("11", (e, q(z, j, scope=scope)), kinds.exponential)


def _output() -> Iterator[Constraint]:
    """Yield the constraints of the run's prediction: softmax, the target from the digit, and (A - y)."""
    yield from _softmax(RUN, f"A{L}", f"Z{L}", len(OUTPUTS), FLOAT32_SUM)
    for j in OUTPUTS:
        yield Constraint("13", (q("y", j), q("digit")), kinds.one_hot)
        yield kinds.linear("22b", [(-1.0, q(f"dB{L}", j)), (1.0, q(f"A{L}", j)), (-1.0, q("y", j))])


def _layers(run: Sequence[tuple[str, Index]]) -> Iterator[Constraint]:
    """Yield ReLU, outer products, masks and Glorot's range, for the printed numbers of each layer."""
    nodes: dict[int, set[int]] = {layer: set() for layer in range(L + 1)}
    for symbol, index in run:
        if symbol[-1].isdigit() and index:
            layer = int(symbol[-1])
            nodes[layer].add(index[-1])
            if has_role(symbol, "d") and is_of(symbol, "W"):
                i, j = index
                source = q("X", i) if layer == 1 else q(f"A{layer - 1}", i)
                yield Constraint(WEIGHT_EQUATIONS[layer], (q(symbol, i, j), source, q(f"dB{layer}", j)), kinds.factors)
                nodes[layer - 1].add(i)
    for layer in range(1, L):
        for i in sorted(nodes[layer]):
            yield Constraint("7a", (q(f"A{layer}", i), q(f"Z{layer}", i)), kinds.relu)
            unmasked = [q("dA2", i)] if layer == L - 1 else []
            yield Constraint("18b", (q(f"dB{layer}", i), q(f"A{layer}", i), *unmasked), kinds.masked, reads_itself=True)
    for i in sorted(nodes[L - 1]):
        yield from _back_from_output(i)
    for i in sorted(nodes[0]):
        yield kinds.within("pixels 0 to 1", q("X", i), 0.0, 1.0)
    for layer in range(1, L + 1):
        for index in _weights(run, layer):
            yield _in_glorots_range(layer, *index)


def _back_from_output(i: int) -> Iterator[Constraint]:
    """Yield (22d): dA(2)_i = Σ_k w(3)_{i,k} (a_k - y_k), over all outputs k.

    A weight that is not printed still lies in Glorot's range.
    """
    terms = {k: q(f"w{L}(a - y)", i, k) for k in OUTPUTS}
    for k, term in terms.items():
        yield Constraint("22d", (term, q(f"W{L}", i, k), q(f"dB{L}", k)), kinds.factors)
        yield _in_glorots_range(L, i, k)
    yield kinds.linear("22d", [(-1.0, q(f"dA{L - 1}", i)), *((1.0, term) for term in terms.values())])


def _weights(run: Sequence[tuple[str, Index]], layer: int) -> list[Index]:
    """Return the indices of the printed weights of a layer, original or new, each as often as it is printed."""
    return [index for symbol, index in run if symbol in (f"W{layer}", new(f"W{layer}"))]


def _in_glorots_range(layer: int, *index: int) -> Constraint:
    """Return the constraint that a weight lies within Glorot's limits."""
    return kinds.within("Glorot's range", q(f"W{layer}", *index), -glorot(layer), glorot(layer))


def glorot(layer: int) -> float:
    """Return the limit of Glorot & Bengio's uniform initialiser (2010, equation 16), Keras's default."""
    return math.sqrt(6 / (ESSAY.sizes[layer - 1] + ESSAY.sizes[layer]))


def _updates(step: PrintedStep, run: Sequence[tuple[str, Index]]) -> Iterator[Constraint]:
    """Yield the equations of the updates: new = original - η∇C, the size of η∇C, and 0 for each original bias."""
    epsilon = q("epsilon")
    yield kinds.within("App. A", STEP, kinds.TINY, math.inf)
    yield kinds.within("App. A", epsilon, 0.0, math.inf)
    if step.s is not None:
        size = partial(kinds.update_size, ranges=((0.0, 1.0), (0.0, 0.9999), (0.0, 0.999999)), f=step.s)
        yield Constraint(step.name, (STEP, q("alpha"), q("beta_1"), q("beta_2")), size)
    adam = partial(kinds.adam_update, c=step.c)
    indices: dict[str, set[Index]] = {}
    for symbol, index in run:
        name = parts_of(symbol)
        if name and name.quantity in ("W", "B") and name.layer is not None and not name.is_kept:
            indices.setdefault(name.base, set()).add(index)
    for P, printed_indices in indices.items():
        is_weight = read(P).quantity == "W"
        for index in sorted(printed_indices):
            original, u = q(P, *index), q(update(P), *index)
            yield kinds.linear("15" if is_weight else "16", [(-1.0, q(new(P), *index)), (1.0, original), (-1.0, u)])
            adams = (u, q(gradient(P), *index), STEP, epsilon)
            yield Constraint(step.name or "App. A: one η∇C", adams, adam, reads_itself=True)
            if not is_weight:
                yield kinds.within("biases begin at 0", original, 0.0, 0.0)


def _shared_draw(run: Sequence[tuple[str, Index]]) -> Iterator[Constraint]:
    """Yield the equations of one draw: element k of each W, row by row, is uniform number k times the layer's limit."""
    for layer in range(1, L + 1):
        for index in sorted(set(_weights(run, layer))):
            uniform = q("uniform", place_in_draw(layer, index))
            yield kinds.linear("one draw for all layers", [(1.0, q(f"W{layer}", *index)), (-glorot(layer), uniform)])


def place_in_draw(layer: int, index: Index) -> int:
    """Return the position of a weight in its matrix, counted row by row from 1."""
    return (index[0] - 1) * ESSAY.sizes[layer] + index[1]
