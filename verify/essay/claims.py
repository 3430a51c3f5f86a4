"""The essay's equations as claims: one for each form of an equation and each tensor that TensorFlow computed by it."""

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
from verify.essay.element_forms import ElementCase, Formula, per_bias, per_node, per_weight, read

PRINTED, INDEX, VECTORISED = "printed", "index", "vectorised"
NOWHERE = ""  # the tensor of a definition: no tensor is computed by it


@dataclass(frozen=True)
class Claim:
    """One form of one equation for one tensor.  The formulas compute the tensor by this form.

    An element that a printed form does not define is NaN. A printed form that leaves an index open has one formula for
    each value of the index. `slip` says what is wrong with a printed form. It is reported only if the form is wrong.
    """

    equation: str
    section: str
    form: str
    tensor: str
    formulas: tuple[Formula, ...]
    slip: str = ""


def claims(network: Network, epsilon_hat: float, epsilon: float) -> Iterator[Claim]:
    """Yield every numbered equation, Appendix A and the forms of Appendix D, in the order of the essay."""
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
    """Yield (1) to (5), the equations of section 1.1."""

    def inputs(e: Example, j: int) -> tuple[Any, Any, Any]:
        return e.arrays["X"], e.arrays["W1"][:, j - 1], e.arrays["B1"][j - 1]

    n = network.sizes[1]
    yield Claim("1", "1.1", INDEX, "Z1", (per_node(lambda e, j: feedforward.node_sum(*inputs(e, j)), n),))
    yield Claim("2", "1.1", VECTORISED, "Z1", (per_node(lambda e, j: feedforward.node_dot(*inputs(e, j)), n),))
    activation = per_node(lambda e, j: feedforward.node_activation(e.arrays["Z1"][j - 1], relu), n)
    yield Claim("3", "1.1", INDEX, "A1", (activation,))
    yield from _layers("4", "1.1", "Z", (1, 2, 3), network)
    yield from _layers("5", "1.1", "A", (1, 2, 3), network)


def _layers(equation: str, section: str, letter: str, layers: tuple[int, ...], network: Network) -> Iterator[Claim]:
    """Yield Z = A·W + B (letter "Z") or A = f(Z) (letter "A") for each of the layers."""
    for layer in layers:
        if letter == "Z":
            source = "X" if layer == 1 else f"A{layer - 1}"
            formula = read(source, f"W{layer}", f"B{layer}")(feedforward.weighted_sum)
        else:
            name = network.activations[layer - 1]
            formula = read(f"Z{layer}")(partial(feedforward.activation, f=activation_named(name).function))
        yield Claim(equation, section, VECTORISED, f"{letter}{layer}", (formula,))


def _forward(network: Network) -> Iterator[Claim]:
    """Yield (6) to (11), the prediction."""
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
    """Yield (12) to (14), the cost."""

    def mean(step: ElementCase) -> Any:
        return sum(form.cost(e) for e in step.examples) / len(step.examples)

    def one(step: ElementCase) -> Any:
        return form.cost(step.examples[0]) / len(step.examples)

    yield Claim("12", "2.2.1", INDEX, NOWHERE, ())
    yield Claim("13", "2.2.1", INDEX, "C", (mean,))
    slip = "it lacks the sum over the N examples: C = -1/N Σ_n Σ_i y_i log a_i"
    yield Claim("14", "2.2.1", PRINTED, "C", (one,), slip)
    yield Claim("14", "2.2.1", INDEX, "C", (mean,))


def _descent(network: Network) -> Iterator[Claim]:
    """Yield (15) and (16), gradient descent."""
    for P in network.parameters():
        formula = read(P, names.update(P))(descent.descend)
        yield Claim("15" if names.read(P).quantity == "W" else "16", "2.2.2", VECTORISED, names.new(P), (formula,))


def _chain(network: Network) -> Iterator[Claim]:
    """Yield (17) and (18), ∂Z/∂W · ∂A/∂Z · ∂C/∂A, with each factor computed by its own equation."""

    def factors(layer: int) -> Formula:
        def formula(step: ElementCase) -> Any:
            tensors = step.tensors
            A3 = np.array([e.arrays["A3"] for e in step.examples])
            dZ = loss.crossentropy_backward_long(A3, tensors["y"])
            for below in range(network.depth - 1, layer - 1, -1):
                dA = backprop.activation_gradient(dZ, tensors[f"W{below + 1}"])
                slope = activation_named(network.activations[below - 1]).slope
                dZ = backprop.sum_gradient(dA, tensors[f"Z{below}"], slope)
            return backprop.weight_gradient(tensors["X" if layer == 1 else f"A{layer - 1}"], dZ)

        return formula

    yield Claim("17", "2.3", VECTORISED, "dW3", (factors(3),))
    for layer in (3, 2, 1):
        yield Claim("18", "2.3", VECTORISED, f"dW{layer}", (factors(layer),))


def _output_layer(network: Network) -> Iterator[Claim]:
    """Yield (22a) and (22b), the gradients of the output layer."""
    n = network.sizes
    yield Claim("22a", "2.3", INDEX, "dW3", (per_weight(form.dc_dw3, n[2], n[3]),))
    yield Claim("22b", "2.3", INDEX, "dB3", (per_bias(form.dc_db3, n[3]),))


def _hidden_layers(network: Network) -> Iterator[Claim]:
    """Yield (22c) to (22f), the gradients of the hidden layers, as printed and corrected."""
    n = network.sizes
    slip = "one output j in place of the sum over all outputs k"
    c = "w_{j,j} (a_j - y_j) should be Σ_k w_{j,k} (a_k - y_k)"
    d = "w_{i,j} (a_j - y_j) should be Σ_k w_{i,k} (a_k - y_k); no j fits"
    e = f"{slip}: w_{{k,j}} (a_j - y_j) should be Σ_m w_{{k,m}} (a_m - y_m)"
    f = f"{slip}, which the left-hand side does not name; no j fits"
    yield Claim("22c", "2.3", PRINTED, "dW2", (per_weight(form.dc_dw2_as_printed, n[1], n[2]),), c)
    yield Claim("22c", "2.3", INDEX, "dW2", (per_weight(form.dc_dw2, n[1], n[2]),))
    yield Claim("22d", "2.3", PRINTED, "dB2", _readings(form.dc_db2_as_printed, n[2], n[3]), d)
    yield Claim("22d", "2.3", INDEX, "dB2", (per_bias(form.dc_db2, n[2]),))
    yield Claim("22e", "App. C", PRINTED, "dW1", (per_weight(form.dc_dw1_as_printed, n[0], n[1]),), e)
    yield Claim("22e", "App. C", INDEX, "dW1", (per_weight(form.dc_dw1, n[0], n[1]),))
    yield Claim("22f", "App. C", PRINTED, "dB1", _readings(form.dc_db1_as_printed, n[1], n[3]), f)
    yield Claim("22f", "App. C", INDEX, "dB1", (per_bias(form.dc_db1, n[1]),))


def _readings(compute: Callable[..., Any], nodes: int, outputs: int) -> tuple[Formula, ...]:
    """Return the formulas of a printed form that leaves j open: one for each output j."""
    return tuple(per_bias(partial(compute, j=j), nodes) for j in range(1, outputs + 1))


def _adam(network: Network, epsilon_hat: float, epsilon: float) -> Iterator[Claim]:
    """Yield the equations of Adam in Appendix A, and Keras's form of the update."""
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
    """Return m_t as Appendix A writes it, in longdouble: the bound does not cover the rounding of this formula."""
    return beta_1 * np.asarray(m, np.longdouble) + (1 - beta_1) * np.asarray(g, np.longdouble)


def _second_moment(v: Any, g: Any, beta_2: Any) -> Any:
    """Return v_t as Appendix A writes it, in longdouble: the bound does not cover the rounding of this formula."""
    return beta_2 * np.asarray(v, np.longdouble) + (1 - beta_2) * np.asarray(g, np.longdouble) ** 2


def _corrected(m: Any, v: Any, t: Any, alpha: Any, beta_1: Any, beta_2: Any, epsilon_hat: float) -> Any:
    """Return Keras's update written with m̂ and v̂: the term beside √v̂ is then ε̂ / √(1 - β2^t)."""
    return adam.update_algorithm_1(m, v, t, alpha, beta_1, beta_2, epsilon_hat / np.sqrt(1 - beta_2**t))


def _appendix_b(network: Network) -> Iterator[Claim]:
    """Yield (18a) to (21), the factors of the chain rule."""
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
    """Yield the forms of Appendix D."""
    n, section = network.sizes, "App. D"
    for claim in _hidden_layers(network):  # Appendix D repeats the print of (22c) to (22e)
        if claim.form == PRINTED and claim.equation != "22f":
            yield replace(claim, section=section)

    def mean(compute: Callable[[Example], Any], rows: int) -> Formula:
        return lambda step: np.mean([compute(e).reshape(rows, compute(e).shape[-1]) for e in step.examples], axis=0)

    yield Claim("22c", section, VECTORISED, "dW2", (mean(form.dw2_vectorised, n[1]),))
    yield Claim("22d", section, VECTORISED, "dB2", (mean(form.db2_vectorised, 1),))
    slip = "its left-hand side is printed ∂C/∂b(2)_i; it is the gradient of b(1)_i"
    yield Claim("22f", section, PRINTED, "dB2", _readings(form.dc_db1_as_printed, n[2], n[3]), slip)
    yield Claim("22e", section, VECTORISED, "dW1", (mean(form.dw1_vectorised, n[0]),))
    yield Claim("22f", section, VECTORISED, "dB1", (mean(form.db1_vectorised, 1),))
