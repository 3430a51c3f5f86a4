"""Arrays as rational or decimal numbers, the inputs of the exact witnesses, and their exact comparison.

All inputs are drawn here: then their values do not depend on which of these test files runs first.
"""

from decimal import Decimal
from fractions import Fraction

import numpy as np

from reference.layers.softmax import softmax
from tests.support.witness import RNG, dyadic


def elementwise(number):
    """An array's elements (or a scalar) as another kind of number, floats taken at their exact value."""
    return lambda x: np.vectorize(number, otypes=[object])(x) if np.ndim(x) else number(x)


rational = elementwise(Fraction)
decimal = elementwise(Decimal)

N, m, n, k = 4, 3, 8, 5  # examples; nodes before, of and after the layer
X, W, B = dyadic(N, m), dyadic(m, n), dyadic(1, n)
Z, A, G, y = dyadic(N, n), dyadic(N, n), dyadic(N, n), dyadic(N, n)  # G: a gradient
W_NEXT, G_NEXT = dyadic(n, k), dyadic(N, k)
Z[:, 0] = 0
POWERS = 2.0 ** RNG.integers(-4, 0, size=(N, n))  # what may be divided by

SCORES = RNG.integers(-128, 129, size=(N, n)) / 8
PROBABILITIES = softmax(dyadic(N, n))
TARGETS = np.eye(n)[[0, 3, 3, 7]]


def is_exact(found, inputs, shape, form):
    inputs = [rational(x) for x in inputs]
    return np.shape(found) == shape and all(
        Fraction(float(found[at])) == form(*inputs, *at) for at in np.ndindex(shape)
    )
