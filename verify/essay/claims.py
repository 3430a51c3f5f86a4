"""The essay's equations as claims: one for each form of an equation and each tensor that TensorFlow computed by it."""

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
from reference.network import ESSAY
from reference.optimizers.adam import ALGORITHM_1, KERAS
from verify.essay.element_forms import ElementCase, Formula, from_elements, from_tensors

PRINTED, INDEX, VECTORISED = "printed", "index", "vectorised"
NOWHERE = ""  # the tensor of a definition: no tensor is computed by it
OUTPUTS = range(1, ESSAY.sizes[-1] + 1)


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

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The equation, section, form and tensor, under which the verdict is recorded."""
        return (self.equation, self.section, self.form, self.tensor)


def claims() -> Iterator[Claim]:
    """Yield every numbered equation, Appendix A and the forms of Appendix D, in the order of the essay."""
    yield from _forward()
    yield from _cost_and_descent()
    yield from _chain()
    yield _index("22a", "2.3", "dW3", form.dc_dw3)
    yield _index("22b", "2.3", "dB3", form.dc_db3)
    yield from _hidden_layers()
    yield from _adam()
    yield from _appendix_b()
    yield from _appendix_d()


def _index(equation: str, section: str, tensor: str, compute: Callable[..., Any]) -> Claim:
    """Return the claim of an equation that is written with indices."""
    return Claim(equation, section, INDEX, tensor, (from_elements(tensor, compute),))


def _misprint(equation: str, section: str, tensor: str, slip: str, *readings: Callable[..., Any]) -> Claim:
    """Return the claim of a printed form that is wrong.  If it leaves an index open, it has several readings."""
    return Claim(equation, section, PRINTED, tensor, tuple(from_elements(tensor, r) for r in readings), slip)


def _vectorised(equation: str, section: str, tensor: str, formula: Formula) -> Claim:
    """Return the claim of an equation that is written with matrices."""
    return Claim(equation, section, VECTORISED, tensor, (formula,))


def _layers(equation: str, section: str, *tensors: str) -> Iterator[Claim]:
    """Yield Z = A·W + B or A = f(Z) for each tensor, Z or A of a layer."""
    for tensor in tensors:
        layer = int(tensor[1:])
        f = activation_named(ESSAY.activations[layer - 1]).function
        if tensor[0] == "Z":
            formula = from_tensors(feedforward.weighted_sum, _source(layer), f"W{layer}", f"B{layer}")
        else:
            formula = from_tensors(partial(feedforward.activation, f=f), f"Z{layer}")
        yield _vectorised(equation, section, tensor, formula)


def _source(layer: int) -> str:
    """Return the tensor that a layer reads."""
    return "X" if layer == 1 else f"A{layer - 1}"


def _forward() -> Iterator[Claim]:
    """Yield (1) to (5), the equations of section 1.1, and (6) to (11), the prediction."""

    def inputs(e: Example, j: int) -> tuple[Any, Any, Any]:
        return e.arrays["X"], e.arrays["W1"][:, j - 1], e.arrays["B1"][j - 1]

    yield _index("1", "1.1", "Z1", lambda e, j: feedforward.node_sum(*inputs(e, j)))
    yield replace(_index("2", "1.1", "Z1", lambda e, j: feedforward.node_dot(*inputs(e, j))), form=VECTORISED)
    yield _index("3", "1.1", "A1", lambda e, j: feedforward.node_activation(e.arrays["Z1"][j - 1], relu))
    yield from _layers("4", "1.1", "Z1", "Z2", "Z3")
    yield from _layers("5", "1.1", "A1", "A2", "A3")
    yield from _layers("6", "2.1.1", "Z1")
    yield _index("7", "2.1.1", "Z1", form.z1)
    yield _index("7a", "2.1.1", "A1", form.a1)
    yield from _layers("8", "2.1.2", "Z2")
    yield from _layers("8a", "2.1.2", "Z1", "Z2", "Z3")
    yield from _layers("9", "2.1.3", "Z3")
    yield from _layers("10", "2.1.3", "A3")
    yield _index("11", "2.1.3", "A3", form.a3)


def _cost_and_descent() -> Iterator[Claim]:
    """Yield (12) to (14), the cost, and (15) and (16), gradient descent."""

    def mean(step: ElementCase) -> Any:
        return sum(form.cost(e) for e in step.examples) / len(step.examples)

    def first_example_only(step: ElementCase) -> Any:
        return form.cost(step.examples[0]) / len(step.examples)

    yield Claim("12", "2.2.1", INDEX, NOWHERE, ())
    yield Claim("13", "2.2.1", INDEX, "C", (mean,))
    slip = "it lacks the sum over the N examples: C = -1/N Σ_n Σ_i y_i log a_i"
    yield Claim("14", "2.2.1", PRINTED, "C", (first_example_only,), slip)
    yield Claim("14", "2.2.1", INDEX, "C", (mean,))
    for P in ESSAY.parameters():
        equation = "15" if names.read(P).quantity == "W" else "16"
        yield _vectorised(equation, "2.2.2", names.new(P), from_tensors(descent.descend, P, names.update(P)))


def _chain() -> Iterator[Claim]:
    """Yield (17) and (18), ∂Z/∂W · ∂A/∂Z · ∂C/∂A, with each factor computed by its own equation."""

    def factors(layer: int, step: ElementCase) -> Any:
        tensors = step.tensors
        A3 = np.array([e.arrays["A3"] for e in step.examples])
        dZ = loss.crossentropy_backward_long(A3, tensors["y"])
        for below in range(ESSAY.depth - 1, layer - 1, -1):
            dA = backprop.activation_gradient(dZ, tensors[f"W{below + 1}"])
            slope = activation_named(ESSAY.activations[below - 1]).slope
            dZ = backprop.sum_gradient(dA, tensors[f"Z{below}"], slope)
        return backprop.weight_gradient(tensors[_source(layer)], dZ)

    for equation, layer in (("17", 3), ("18", 3), ("18", 2), ("18", 1)):
        yield _vectorised(equation, "2.3", f"dW{layer}", partial(factors, layer))


def _hidden_layers() -> Iterator[Claim]:
    """Yield (22c) to (22f), the gradients of the hidden layers, as printed and corrected."""
    slip = "one output j in place of the sum over all outputs k"
    no_choice = "no choice of j makes it true"
    c = "w_{j,j} (a_j - y_j) should be Σ_k w_{j,k} (a_k - y_k)"
    d = f"w_{{i,j}} (a_j - y_j) should be Σ_k w_{{i,k}} (a_k - y_k); {no_choice}"
    e = f"{slip}: w_{{k,j}} (a_j - y_j) should be Σ_m w_{{k,m}} (a_m - y_m)"
    f = f"{slip}, which the left-hand side does not name; {no_choice}"
    yield _misprint("22c", "2.3", "dW2", c, form.dc_dw2_as_printed)
    yield _index("22c", "2.3", "dW2", form.dc_dw2)
    yield _misprint("22d", "2.3", "dB2", d, *(partial(form.dc_db2_as_printed, j=j) for j in OUTPUTS))
    yield _index("22d", "2.3", "dB2", form.dc_db2)
    yield _misprint("22e", "App. C", "dW1", e, form.dc_dw1_as_printed)
    yield _index("22e", "App. C", "dW1", form.dc_dw1)
    yield _misprint("22f", "App. C", "dB1", f, *(partial(form.dc_db1_as_printed, j=j) for j in OUTPUTS))
    yield _index("22f", "App. C", "dB1", form.dc_db1)


def _adam() -> Iterator[Claim]:
    """Yield the equations of Adam in Appendix A, and Keras's form of the update."""
    yield Claim("App. A: t", "App. A", INDEX, NOWHERE, ())
    yield Claim("App. A: g", "App. A", INDEX, NOWHERE, ())
    slip = "this ε is added after the correction; TensorFlow adds ε̂ = 1e-7 to the uncorrected √v, another equation"
    for P in ESSAY.parameters():
        m, v, g, u = names.kept("m", P), names.kept("v", P), names.gradient(P), names.update(P)
        scalars = ("t", "alpha", "beta_1", "beta_2")
        first = from_tensors(_moment, names.before(m), g, "beta_1")
        second = from_tensors(partial(_moment, power=2), names.before(v), g, "beta_2")
        as_printed = from_tensors(partial(adam.update_algorithm_1, epsilon=ALGORITHM_1.epsilon), m, v, *scalars)
        keras = from_tensors(partial(adam.update_epsilon_hat, epsilon=KERAS.epsilon), m, v, *scalars)
        corrected = from_tensors(_corrected, m, v, *scalars)
        for moment in (m, v):
            yield Claim("App. A: start", "App. A", INDEX, names.before(moment), (from_tensors(np.zeros_like, P),))
        yield _vectorised("App. A: m", "App. A", m, first)
        yield _vectorised("App. A: v", "App. A", v, second)
        yield _vectorised("App. A: m̂", "App. A", u, corrected)
        yield _vectorised("App. A: v̂", "App. A", u, corrected)
        yield Claim("App. A: θ", "App. A", PRINTED, u, (as_printed,), slip)
        yield _vectorised("App. A: ε̂", "App. A", u, keras)


def _moment(before: Any, g: Any, beta: Any, power: int = 1) -> Any:
    """Return m_t, or v_t with power 2, in longdouble: the bound does not cover the rounding of this formula."""
    return beta * np.asarray(before, np.longdouble) + (1 - beta) * np.asarray(g, np.longdouble) ** power


def _corrected(m: Any, v: Any, t: Any, alpha: Any, beta_1: Any, beta_2: Any) -> Any:
    """Return Keras's update written with m̂ and v̂: the term beside √v̂ is then ε̂ / √(1 - β2^t)."""
    return adam.update_algorithm_1(m, v, t, alpha, beta_1, beta_2, KERAS.epsilon / np.sqrt(1 - beta_2**t))


def _appendix_b() -> Iterator[Claim]:
    """Yield (18a) to (21), the factors of the chain rule."""
    slip = "the left-hand side should be ∂z_j/∂w_{i,j}; ∂C/∂w_{i,j} is that times ∂C/∂z_j (section 2.3 has it too)"
    for layer in (1, 2, 3):
        product = from_tensors(partial(np.einsum, "ni,nj->ij"), _source(layer), f"dZ{layer}")
        yield _misprint("18a", "App. B", f"dW{layer}", slip, form.dc_dw_as_printed(layer))
        yield Claim("18a", "App. B", INDEX, f"dW{layer}", (product,))
    slip = "f'(0) should be 0, as Appendix D's mask Z > 0 has it (an empty sheet has z = 0 everywhere)"
    yield _misprint("18b", "App. B", "dZ1", slip, form.dc_dz1_as_printed)
    yield _index("18b", "App. B", "dZ1", form.dc_dz1)
    yield _misprint("18b", "App. B", "dZ2", slip, form.dc_dz2_as_printed)
    yield _index("18b", "App. B", "dZ2", form.dc_dz2)
    yield _index("19", "App. B", "dZ3", form.dc_dz3_the_long_way)
    slip = "below the softmax f'(z_i) ∂C/∂a_i should be Σ_k ∂a_k/∂z_i ∂C/∂a_k of (19): softmax couples the outputs"
    yield _index("20a", "App. B", "dA1", form.dc_da1)
    yield _misprint("20a", "App. B", "dA2", slip, form.dc_da2_as_printed)
    yield _index("20a", "App. B", "dA2", form.dc_da2)
    yield _index("20b", "App. B", "dZ3", form.dc_dz3_the_long_way)
    yield _index("21", "App. B", "dZ3", form.dc_dz3)


def _appendix_d() -> Iterator[Claim]:
    """Yield the forms of Appendix D."""
    for claim in _hidden_layers():  # Appendix D repeats the print of (22c) to (22e)
        if claim.form == PRINTED and claim.equation != "22f":
            yield replace(claim, section="App. D")

    def mean(compute: Callable[[Example], Any], step: ElementCase) -> Any:
        return np.mean([np.atleast_2d(compute(e)) for e in step.examples], axis=0)

    slip = "its left-hand side is printed ∂C/∂b(2)_i; it is the gradient of b(1)_i"
    yield _vectorised("22c", "App. D", "dW2", partial(mean, form.dw2_vectorised))
    yield _vectorised("22d", "App. D", "dB2", partial(mean, form.db2_vectorised))
    yield _misprint("22f", "App. D", "dB2", slip, *(partial(form.dc_db1_as_printed, j=j) for j in OUTPUTS))
    yield _vectorised("22e", "App. D", "dW1", partial(mean, form.dw1_vectorised))
    yield _vectorised("22f", "App. D", "dB1", partial(mean, form.db1_vectorised))
