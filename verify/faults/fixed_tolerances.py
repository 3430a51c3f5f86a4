"""Fixed tolerances that are common in place of a derived bound, each as its library defines it."""

import numpy as np

from verify.records.precision import Floats
from verify.records.trace import Array

# By name: rtol, atol, and whether an element passes if it meets one of them.
POLICIES: dict[str, tuple[float, float, bool]] = {
    "numpy allclose": (1e-5, 1e-8, False),
    "torch assert_close": (1.3e-6, 1e-5, False),
    "Keras 1e-6": (1e-6, 1e-6, False),
    "Polygraphy 1e-5": (1e-5, 1e-5, True),
    "1e-3": (1e-3, 1e-3, False),
}


def flagged(policy: str, captured: Array, by_hand: Floats) -> bool:
    """Return whether this tolerance rejects the values.  Both arrays have the same shape."""
    rtol, atol, either = POLICIES[policy]
    values = captured.astype(np.float64)
    with np.errstate(invalid="ignore"):
        difference, size = np.abs(values - by_hand), np.abs(by_hand)
        accepted = (difference <= atol) | (difference <= rtol * size) if either else difference <= atol + rtol * size
    return not bool(accepted.all())
