"""The essay's equations as claims: each form of each, for each tensor that TensorFlow computed by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from reference import adam, backprop, descent, feedforward, loss
from reference import index_forms as form
from reference import tensor_names as names
from reference.index_forms import Example
from reference.layers import activation_named
from reference.layers.relu import relu
from reference.network import Network
from verify.essay.element_forms import Case, Formula, per_bias, per_node, per_weight, read

PRINTED, INDEX, VECTORISED = "printed", "index", "vectorised"
NOWHERE = ""  # the tensor of a definition


@dataclass(frozen=True)
class Claim:
    """One form of one equation, for one tensor; `formula` gives the tensor as that form has it.

    An element that a printed form does not define is NaN. Several formulas are the readings of a printed
    form that leaves an index open. `slip` says what is wrong with the print, and is said only if it is.
    """

    equation: str
    section: str
    form: str
    tensor: str
    formulas: tuple[Formula, ...]
    slip: str = ""


def claims(network: Network, epsilon_hat: float, epsilon: float) -> Iterator[Claim]:
    """Every numbered equation, Appendix A and the forms of Appendix D, in the essay's order."""
    yield from _nodes(network)
    yield from _forward(network)
    yield from _cost()
    yield from _descent(network)
    yield from _chain(network)
    yield from _output_layer(network)
    yield from _hidden_layers(network)
    yield from _adam(network, epsilon_hat, epsilon)
    yield from _appendix_b(network)
    yield from _appendix_d(network)


def _nodes(network: Network) -> Iterator[Claim]:
    n = network.sizes
    one = lambda e, j: feedforward.node_sum(e.arrays["X"], e.arrays["W1"][:, j - 1], e.arrays["B1"][j - 1])  # noqa: E731
    dot = lambda e, j: feedforward.node_dot(e.arrays["X"], e.arrays["W1"][:, j - 1], e.arrays["B1"][j - 1])  # noqa: E731
    act = lambda e, j: feedforward.node_activation(e.arrays["Z1"][j - 1], relu)  # noqa: E731
    yield Claim("1", "1.1", INDEX, "Z1", (per_node(one, n[1]),))
    yield Claim("2", "1.1", VECTORISED, "Z1", (per_node(dot, n[1]),))
    yield Claim("3", "1.1", INDEX, "A1", (per_node(act, n[1]),))
    yield from _layers("4", "1.1", "Z", (1, 2, 3), network)
    yield from _layers("5", "1.1", "A", (1, 2, 3), network)


def _layers(equation: str, section: str, letter: str, layers: tuple[int, ...], network: Network) -> Iterator[Claim]:
    """Z = A·W + B or A = f(Z), of these layers."""
    for layer in layers:
        if letter == "Z":
            source = "X" if layer == 1 else f"A{layer - 1}"
            formula = read(source, f"W{layer}", f"B{layer}")(feedforward.weighted_sum)
        else:
            name = network.activations[layer - 1]
            formula = read(f"Z{layer}")(partial(feedforward.activation, f=activation_named(name).function))
        yield Claim(equation, section, VECTORISED, f"{letter}{layer}", (formula,))


def _forward(network: Network) -> Iterator[Claim]:
    n = network.sizes
    yield from _layers("6", "2.1.1", "Z", (1,), network)
    yield Claim("7", "2.1.1", INDEX, "Z1", (per_node(form.z1, n[1]),))
    yield Claim("7a", "2.1.1", INDEX, "A1", (per_node(form.a1, n[1]),))
    yield from _layers("8", "2.1.2", "Z", (2,), network)
    yield from _layers("8a", "2.1.2", "Z", (1, 2, 3), network)
    yield from _layers("9", "2.1.3", "Z", (3,), network)
    yield from _layers("10", "2.1.3", "A", (3,), network)
    yield Claim("11", "2.1.3", INDEX, "A3", (per_node(form.a3, n[3]),))


def _cost() -> Iterator[Claim]:
    def mean(at: Case) -> Any:
        return sum(form.cost(e) for e in at.examples) / len(at.examples)

    def one(at: Case) -> Any:
        return form.cost(at.examples[0]) / len(at.examples)

    yield Claim("12", "2.2.1", INDEX, NOWHERE, ())
    yield Claim("13", "2.2.1", INDEX, "C", (mean,))
    slip = "it lacks the sum over the N examples: C = -1/N Σ_n Σ_i y_i log a_i"
    yield Claim("14", "2.2.1", PRINTED, "C", (one,), slip)
    yield Claim("14", "2.2.1", INDEX, "C", (mean,))


def _descent(network: Network) -> Iterator[Claim]:
    for P in network.parameters():
        formula = read(P, names.update(P))(descent.descend)
        yield Claim("15" if names.read(P).quantity == "W" else "16", "2.2.2", VECTORISED, names.new(P), (formula,))


def _chain(network: Network) -> Iterator[Claim]:
    """(17), (18): ∂Z/∂W · ∂A/∂Z · ∂C/∂A, each factor from its own equation."""

    def factors(layer: int) -> Formula:
        def formula(at: Case) -> Any:
            known = at.known
            A3 = np.array([e.arrays["A3"] for e in at.examples])
            dZ = loss.crossentropy_backward_long(A3, known["y"])
            for below in range(network.depth - 1, layer - 1, -1):
                dA = backprop.activation_gradient(dZ, known[f"W{below + 1}"])
                slope = activation_named(network.activations[below - 1]).slope
                dZ = backprop.sum_gradient(dA, known[f"Z{below}"], slope)
            return backprop.weight_gradient(known["X" if layer == 1 else f"A{layer - 1}"], dZ)

        return formula

    yield Claim("17", "2.3", VECTORISED, "dW3", (factors(3),))
    for layer in (3, 2, 1):
        yield Claim("18", "2.3", VECTORISED, f"dW{layer}", (factors(layer),))


def _output_layer(network: Network) -> Iterator[Claim]:
    n = network.sizes
    yield Claim("22a", "2.3", INDEX, "dW3", (per_weight(form.dc_dw3, n[2], n[3]),))
    yield Claim("22b", "2.3", INDEX, "dB3", (per_bias(form.dc_db3, n[3]),))


def _hidden_layers(network: Network) -> Iterator[Claim]:
    n = network.sizes
    outputs = range(1, n[3] + 1)
    one = "one output j in place of the sum over all outputs k"
    c = "w_{j,j} (a_j - y_j) should be Σ_k w_{j,k} (a_k - y_k)"
    d = "w_{i,j} (a_j - y_j) should be Σ_k w_{i,k} (a_k - y_k); no j fits"
    e = f"{one}: w_{{k,j}} (a_j - y_j) should be Σ_m w_{{k,m}} (a_m - y_m)"
    f = f"{one}, which the left-hand side does not name; no j fits"
    open_b2 = tuple(per_bias(_at_output(form.dc_db2_as_printed, j), n[2]) for j in outputs)
    open_b1 = tuple(per_bias(_at_output(form.dc_db1_as_printed, j), n[1]) for j in outputs)
    printed_w2 = (per_weight(form.dc_dw2_as_printed, n[1], n[2]),)
    printed_w1 = (per_weight(form.dc_dw1_as_printed, n[0], n[1]),)
    yield Claim("22c", "2.3", PRINTED, "dW2", printed_w2, c)
    yield Claim("22c", "2.3", INDEX, "dW2", (per_weight(form.dc_dw2, n[1], n[2]),))
    yield Claim("22d", "2.3", PRINTED, "dB2", open_b2, d)
    yield Claim("22d", "2.3", INDEX, "dB2", (per_bias(form.dc_db2, n[2]),))
    yield Claim("22e", "App. C", PRINTED, "dW1", printed_w1, e)
    yield Claim("22e", "App. C", INDEX, "dW1", (per_weight(form.dc_dw1, n[0], n[1]),))
    yield Claim("22f", "App. C", PRINTED, "dB1", open_b1, f)
    yield Claim("22f", "App. C", INDEX, "dB1", (per_bias(form.dc_db1, n[1]),))


def _at_output(compute: Callable[..., Any], j: int) -> Callable[..., Any]:
    return lambda e, i: compute(e, i, j=j)


def _adam(network: Network, epsilon_hat: float, epsilon: float) -> Iterator[Claim]:
    section = "App. A"
    yield Claim("App. A: t", section, INDEX, NOWHERE, ())
    yield Claim("App. A: g", section, INDEX, NOWHERE, ())
    slip = "this ε is added after the correction; TensorFlow adds ε̂ = 1e-7 to the uncorrected √v, another equation"
    for P in network.parameters():
        m, v, g = names.kept("m", P), names.kept("v", P), names.gradient(P)
        scalars = ("t", "alpha", "beta_1", "beta_2")
        first = read(names.before(m), g, "beta_1")(_first_moment)
        second = read(names.before(v), g, "beta_2")(_second_moment)
        as_printed = read(m, v, *scalars)(partial(adam.update_algorithm_1, epsilon=epsilon))
        keras = read(m, v, *scalars)(partial(adam.update_epsilon_hat, epsilon=epsilon_hat))

        corrected = read(m, v, *scalars)(partial(_corrected, epsilon_hat=epsilon_hat))
        yield Claim("App. A: start", section, INDEX, names.before(m), (read(P)(np.zeros_like),))
        yield Claim("App. A: start", section, INDEX, names.before(v), (read(P)(np.zeros_like),))
        yield Claim("App. A: m", section, VECTORISED, m, (first,))
        yield Claim("App. A: v", section, VECTORISED, v, (second,))
        yield Claim("App. A: m̂", section, VECTORISED, names.update(P), (corrected,))
        yield Claim("App. A: v̂", section, VECTORISED, names.update(P), (corrected,))
        yield Claim("App. A: θ", section, PRINTED, names.update(P), (as_printed,), slip)
        yield Claim("App. A: ε̂", section, VECTORISED, names.update(P), (keras,))


def _first_moment(m: Any, g: Any, beta_1: Any) -> Any:
    """m_t as Appendix A arranges it, in a longer format: its roundings are not those of the bound."""
    return beta_1 * np.asarray(m, np.longdouble) + (1 - beta_1) * np.asarray(g, np.longdouble)


def _second_moment(v: Any, g: Any, beta_2: Any) -> Any:
    """v_t likewise."""
    return beta_2 * np.asarray(v, np.longdouble) + (1 - beta_2) * np.asarray(g, np.longdouble) ** 2


def _corrected(m: Any, v: Any, t: Any, alpha: Any, beta_1: Any, beta_2: Any, epsilon_hat: float) -> Any:
    """Keras's update written with m̂ and v̂: then what stands beside √v̂ is ε̂ / √(1 - β2^t)."""
    return adam.update_algorithm_1(m, v, t, alpha, beta_1, beta_2, epsilon_hat / np.sqrt(1 - beta_2**t))


def _appendix_b(network: Network) -> Iterator[Claim]:
    n = network.sizes
    for layer in (1, 2, 3):
        source = "X" if layer == 1 else f"A{layer - 1}"
        slip = "the left-hand side should be ∂z_j/∂w_{i,j}; ∂C/∂w_{i,j} is that times ∂C/∂z_j (section 2.3 has it too)"
        printed = per_weight(form.dc_dw_as_printed(layer), n[layer - 1], n[layer])
        yield Claim("18a", "App. B", PRINTED, f"dW{layer}", (printed,), slip)
        right = read(source, f"dZ{layer}")(lambda A, dZ: np.einsum("ni,nj->ij", A, dZ))
        yield Claim("18a", "App. B", INDEX, f"dW{layer}", (right,))
    slip = "f'(0) should be 0, as Appendix D's mask Z > 0 has it (an empty sheet has z = 0 everywhere)"
    slopes = ((1, form.dc_dz1_as_printed, form.dc_dz1), (2, form.dc_dz2_as_printed, form.dc_dz2))
    for layer, with_print, with_mask in slopes:
        yield Claim("18b", "App. B", PRINTED, f"dZ{layer}", (per_node(with_print, n[layer], mean=True),), slip)
        yield Claim("18b", "App. B", INDEX, f"dZ{layer}", (per_node(with_mask, n[layer], mean=True),))
    long_way = per_node(form.dc_dz3_the_long_way, n[3], mean=True)
    yield Claim("19", "App. B", INDEX, "dZ3", (long_way,))
    slip = "below the softmax f'(z_i) ∂C/∂a_i should be Σ_k ∂a_k/∂z_i ∂C/∂a_k of (19): softmax couples the outputs"
    yield Claim("20a", "App. B", INDEX, "dA1", (per_node(form.dc_da1, n[1], mean=True),))
    yield Claim("20a", "App. B", PRINTED, "dA2", (per_node(form.dc_da2_as_printed, n[2], mean=True),), slip)
    yield Claim("20a", "App. B", INDEX, "dA2", (per_node(form.dc_da2, n[2], mean=True),))
    yield Claim("20b", "App. B", INDEX, "dZ3", (long_way,))
    yield Claim("21", "App. B", INDEX, "dZ3", (per_node(form.dc_dz3, n[3], mean=True),))


def _appendix_d(network: Network) -> Iterator[Claim]:
    n, section = network.sizes, "App. D"
    for claim in _hidden_layers(network):  # it repeats (22c) to (22f) as they are printed before
        if claim.form == PRINTED and claim.equation != "22f":
            yield replace(claim, section=section)

    def mean(compute: Callable[[Example], Any], rows: int | None = None) -> Formula:
        return lambda at: np.mean([compute(e).reshape(rows or -1, compute(e).shape[-1]) for e in at.examples], axis=0)

    yield Claim("22c", section, VECTORISED, "dW2", (mean(form.dw2_vectorised, n[1]),))
    yield Claim("22d", section, VECTORISED, "dB2", (mean(form.db2_vectorised, 1),))
    slip = "its left-hand side is printed ∂C/∂b(2)_i; it is the gradient of b(1)_i"
    outputs = range(1, n[3] + 1)
    readings = tuple(per_bias(_at_output(form.dc_db1_as_printed, j), n[2]) for j in outputs)
    yield Claim("22f", section, PRINTED, "dB2", readings, slip)
    yield Claim("22e", section, VECTORISED, "dW1", (mean(form.dw1_vectorised, n[0]),))
    yield Claim("22f", section, VECTORISED, "dB1", (mean(form.db1_vectorised, 1),))
