"""The essay's index forms, element by element, with its own letters and its own indices, which count from 1.

Each function states one element for one example. Where the printed equation is wrong, the corrected form comes
first and the printed form follows directly below, marked *as printed*. The vectorised forms of the other modules
are compared with these, and both with TensorFlow.

    e.x e.y            pixel x_i, target y_j
    e.w1 e.b1 e.z1 …   w(1)_{i,j}, b(1)_j, z(1)_j and so on for layers 2 and 3; e.a1 e.a2 e.a3
    f_slope            f'(z) of ReLU
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Index = Any  # a whole number from 1, or an array of them: then the formula is evaluated for each


class IndexedEntries:
    """A vector or matrix with the essay's indices, which count from 1: w[2, 3] is the third entry of the second row.

    Raises IndexError for an index out of range, such as 0.
    """

    def __init__(self, array: Any) -> None:
        self.array: NDArray[np.float64] = np.asarray(array, dtype=np.float64)
        self.n = len(self.array)

    def __getitem__(self, index: Any) -> Any:
        indices = index if isinstance(index, tuple) else (index,)
        for i, size in zip(indices, self.array.shape, strict=True):
            ends = (i, i) if isinstance(i, int) else (i.min(), i.max())
            if ends[0] < 1 or ends[1] > size:
                raise IndexError(f"there is no entry {index}")
        return self.array[tuple(i - 1 for i in indices)]

    def all(self) -> NDArray[np.int64]:
        """Return every index, 1 to n."""
        return np.arange(1, self.n + 1)


class Example:
    """One example: pixels, target, weights, biases, summations and activations, named by the essay's letters."""

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self.arrays = dict(arrays)
        for name, array in arrays.items():
            setattr(self, name.lower(), IndexedEntries(array))

    def __getattr__(self, name: str) -> IndexedEntries:
        raise AttributeError(f"an example has no {name}")


def f_slope(z: Any) -> Any:
    """ReLU's slope; 0 at z = 0, as Appendix D and TensorFlow have it.  (18b)"""
    return 1.0 * (z > 0)


def f_slope_as_printed(z: Any) -> Any:
    """ReLU's slope as printed: 1 at z = 0.  (18b)"""
    return 1.0 * (z >= 0)


Slope = Callable[[Any], Any]


def z1(e: Example, j: Index) -> Any:
    """The summation of node j of H1; the essay shows j = 3.  (7)"""
    i = e.x.all()
    return np.sum(e.x[i] * e.w1[i, j]) + e.b1[j]


def a1(e: Example, i: Index) -> Any:
    """The activation of node i of H1.  (7a)"""
    return 0.0 if e.z1[i] < 0 else e.z1[i]


def a3(e: Example, i: Index) -> Any:
    """The probability of digit i - 1.  (11)"""
    k = e.z3.all()
    top = np.max(e.z3[k])  # e^z / Σ e^z with both divided by e^top
    return np.exp(e.z3[i] - top) / np.sum(np.exp(e.z3[k] - top))


def cost(e: Example) -> Any:
    """Categorical cross-entropy of one example; 0 log 0 is 0.  (13)"""
    return -sum(e.y[i] * np.log(e.a3[i]) for i in range(1, e.y.n + 1) if e.y[i])


def da3_dz3(e: Example, i: Index, j: Index) -> Any:
    """∂a_i/∂z_j of softmax.  (19)"""
    return e.a3[i] * ((i == j) - e.a3[j])


def dc_da3(e: Example, i: Index) -> Any:
    """∂C/∂a_i at the output; 0 where y_i is 0, also where a_i is.  (20b)"""
    return -e.y[i] / e.a3[i] if e.y[i] else 0.0


def dc_dz3_the_long_way(e: Example, j: Index) -> Any:
    """∂C/∂z_j by the chain rule: Σ_i of (20b) times (19).  (17), (19), (20b)"""
    return sum(dc_da3(e, i) * da3_dz3(e, i, j) for i in range(1, e.y.n + 1))


def dc_dz3(e: Example, j: Index) -> Any:
    """∂C/∂z_j at the output.  (21)"""
    return e.a3[j] - e.y[j]


@lru_cache(maxsize=100_000)
def dc_da2(e: Example, j: Index) -> Any:
    """∂C/∂a_j of H2: over all outputs i, w_{j,i} times ∂C/∂z_i.  (20a)

    Below the softmax the factor f'(z_i) ∂C/∂a_i of the print has to be ∂C/∂z_i: softmax couples the outputs.
    """
    i = e.y.all()
    return np.sum(e.w3[j, i] * dc_dz3(e, i))


def dc_da2_as_printed(e: Example, j: Index) -> Any:
    """∂C/∂a_j of H2 as printed: f' of each output taken alone, a_i (1 - a_i).  (20a)"""
    return sum(e.w3[j, i] * da3_dz3(e, i, i) * dc_da3(e, i) for i in range(1, e.y.n + 1))


@lru_cache(maxsize=100_000)
def dc_da1(e: Example, j: Index, slope: Slope = f_slope) -> Any:
    """∂C/∂a_j of H1: over all nodes i of H2.  (20a)"""
    return sum(e.w2[j, i] * slope(e.z2[i]) * dc_da2(e, i) for i in range(1, e.z2.n + 1))


def dc_dz2(e: Example, j: Index) -> Any:
    """∂C/∂z_j of H2 = f'(z_j) ∂C/∂a_j.  (18b)"""
    return f_slope(e.z2[j]) * dc_da2(e, j)


def dc_dz2_as_printed(e: Example, j: Index) -> Any:
    """∂C/∂z_j of H2 with the printed slope, there and below.  (18b)"""
    return f_slope_as_printed(e.z2[j]) * dc_da2(e, j)


def dc_dz1(e: Example, j: Index) -> Any:
    """∂C/∂z_j of H1 = f'(z_j) ∂C/∂a_j.  (18b)"""
    return f_slope(e.z1[j]) * dc_da1(e, j)


def dc_dz1_as_printed(e: Example, j: Index) -> Any:
    """∂C/∂z_j of H1 with the printed slope, there and below.  (18b)"""
    return f_slope_as_printed(e.z1[j]) * dc_da1(e, j, f_slope_as_printed)


def dc_dw3(e: Example, i: Index, j: Index) -> Any:
    """∂C/∂w(3)_{i,j} = a_i (a_j - y_j).  (22a)"""
    return e.a2[i] * (e.a3[j] - e.y[j])


def dc_db3(e: Example, j: Index) -> Any:
    """∂C/∂b(3)_j = a_j - y_j.  (22b)"""
    return e.a3[j] - e.y[j]


def dc_dw2(e: Example, i: Index, j: Index) -> Any:
    """∂C/∂w(2)_{i,j} = a_i f'(z_j) Σ_k w(3)_{j,k} (a_k - y_k).  (22c)"""
    return e.a1[i] * f_slope(e.z2[j]) * dc_da2(e, j)


def dc_dw2_as_printed(e: Example, i: Index, j: Index) -> Any:
    """∂C/∂w(2)_{i,j} as printed: one output, j, in place of the sum.  (22c)"""
    return e.a1[i] * f_slope(e.z2[j]) * e.w3[j, j] * (e.a3[j] - e.y[j])


def dc_db2(e: Example, i: Index) -> Any:
    """∂C/∂b(2)_i = f'(z_i) Σ_k w(3)_{i,k} (a_k - y_k).  (22d)"""
    return f_slope(e.z2[i]) * dc_da2(e, i)


def dc_db2_as_printed(e: Example, i: Index, *, j: Index) -> Any:
    """∂C/∂b(2)_i as printed: one output, j, which the left-hand side does not name.  (22d)"""
    return f_slope(e.z2[i]) * e.w3[i, j] * (e.a3[j] - e.y[j])


def dc_dw1(e: Example, i: Index, j: Index) -> Any:
    """∂C/∂w(1)_{i,j} = x_i f'(z_j) Σ_k w(2)_{j,k} f'(z_k) Σ_m w(3)_{k,m} (a_m - y_m).  (22e)"""
    return e.x[i] * f_slope(e.z1[j]) * dc_da1(e, j)


def dc_dw1_as_printed(e: Example, i: Index, j: Index) -> Any:
    """∂C/∂w(1)_{i,j} as printed: one output, j, in place of the sum over m.  (22e)"""
    return e.x[i] * f_slope(e.z1[j]) * _through_one_output(e, j, j)


def dc_db1(e: Example, i: Index) -> Any:
    """∂C/∂b(1)_i = f'(z_i) Σ_k w(2)_{i,k} f'(z_k) Σ_m w(3)_{k,m} (a_m - y_m).  (22f)"""
    return f_slope(e.z1[i]) * dc_da1(e, i)


def dc_db1_as_printed(e: Example, i: Index, *, j: Index) -> Any:
    """∂C/∂b(1)_i as printed: one output, j, which the left-hand side does not name.  (22f)"""
    return f_slope(e.z1[i]) * _through_one_output(e, i, j)


@lru_cache(maxsize=100_000)
def _through_one_output(e: Example, i: Index, j: Index) -> Any:
    """The sum over the nodes k of H2 as (22e) and (22f) are printed: with one output, j."""
    k = e.z2.all()
    return np.sum(e.w2[i, k] * f_slope(e.z2[k]) * e.w3[k, j]) * (e.a3[j] - e.y[j])


def dc_dw_as_printed(layer: int) -> Callable[[Example, Index, Index], Any]:
    """∂C/∂w(l)_{i,j} as printed: a(l-1)_i, which is ∂z/∂w; section 2.3 has the same slip twice.  (18a)"""

    def form(e: Example, i: Index, j: Index) -> Any:
        source: IndexedEntries = getattr(e, "x" if layer == 1 else f"a{layer - 1}")
        return source[i]

    return form


def dw2_vectorised(e: Example) -> Any:
    """A(1) · (Z(2) > 0) · (W(3) · (A(3) - y)) -> [n(1), n(2)].  Appendix D"""
    A = e.arrays
    return np.outer(A["A1"], (A["Z2"] > 0) * (A["W3"] @ (A["A3"] - A["y"])))


def db2_vectorised(e: Example) -> Any:
    """(Z(2) > 0) · (W(3) · (A(3) - y)) -> [n(2)].  Appendix D"""
    A = e.arrays
    return (A["Z2"] > 0) * (A["W3"] @ (A["A3"] - A["y"]))


def dw1_vectorised(e: Example) -> Any:
    """X · ((Z(1) > 0) · (W(2) · ((Z(2) > 0) · W(3) · (A(3) - y)))) -> [n(0), n(1)].  Appendix D"""
    return np.outer(e.arrays["X"], db1_vectorised(e))


def db1_vectorised(e: Example) -> Any:
    """(Z(1) > 0) · (W(2) · ((Z(2) > 0) · W(3) · (A(3) - y))) -> [n(1)].  Appendix D"""
    A = e.arrays
    return (A["Z1"] > 0) * (A["W2"] @ ((A["Z2"] > 0) * (A["W3"] @ (A["A3"] - A["y"]))))
