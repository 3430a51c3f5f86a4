"""The judged arithmetic: unit roundoff, underflow threshold, and the errors of its elementary functions.

The errors are in ulp (units in the last place). Addition, subtraction, multiplication, division and square root are
correctly rounded (IEEE 754). No standard specifies the other functions. `benchmarks/elementary.py` measures the errors
of TensorFlow's kernels and fails if one is larger than stated here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

REFERENCE_UNIT = 2.0**-53  # the reference is evaluated in float64, which rounds as well
EXP_ULP = 2.0
LOG_ULP = 4.0
LOG1P_ULP = 6.0
POWER_ULP = 1.0  # of single numbers
POWERS_ULP = 3.0  # of the numbers of an array
POWERS_TAIL_ULP = 0.125  # times |b ln a| for a^b: the kernel rounds b ln a before it takes e^(b ln a)
SQUARE_ULP = 2.0  # of x^2 of an array, which is a kernel of its own
CUBE_ULP = 3.0  # of x^3 of an array: a kernel of its own, or two products
TANH_ULP = 10.0
COS_ULP = 2.0  # between 0 and π
SIGMOID_ULP = 8.0
ERFC_ULP = 16.0
ERFC_TAIL_ULP = 1.25  # times x², where x > 0: the kernels round x² before they take e^(-x²)
SOFTPLUS_ULP = 10.0  # e^z stands for ln(1 + e^z) below ln ε + 2: up to 7.4 ulp there
RECIPROCAL_ULP = 3.0  # Eigen's vectorised 1/x is an approximation followed by a Newton step, not a division

EXPONENT = np.int64(0x7FF0000000000000)  # the bits of a float64 that hold its exponent


def binade(x: Floats) -> Floats:
    """Power of two 2^e with 2^e <= x < 2^(e+1).  x > 0, normal -> same shape; NaN gives infinity."""
    return np.bitwise_and(x.view(np.int64), EXPONENT).view(np.float64)


@dataclass(frozen=True)
class Precision:
    """A binary floating-point format that may flush subnormal numbers to 0.

    `unit` is its unit roundoff u, `tiny` its smallest normal number.
    """

    name: str
    unit: float
    tiny: float

    @property
    def joint_unit(self) -> float:
        """Sum of the unit roundoffs of the judged format and of the reference, because both sides round."""
        return self.unit + REFERENCE_UNIT

    def half_ulp(self, magnitude: ArrayLike) -> Floats:
        """Largest rounding error of one operation whose exact result has at most this magnitude."""
        return self.joint_unit * binade(np.maximum(magnitude, self.tiny)) + self.tiny

    def spacing(self, x: ArrayLike) -> Floats:
        """One ulp at x: the gap between neighbouring numbers of the format.  float64 -> same shape."""
        return 2 * self.unit * binade(np.maximum(np.abs(x), self.tiny))

    def round(self, x: ArrayLike) -> Floats:
        """Round x once to the format and return it as float64.  Overflow becomes infinity."""
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(x).astype(self.name).astype(np.float64, copy=False)


FLOAT32 = Precision("float32", 2.0**-24, float(np.finfo(np.float32).tiny))
FLOAT64 = Precision("float64", 2.0**-53, float(np.finfo(np.float64).tiny))
PRECISIONS = {"float32": FLOAT32, "float64": FLOAT64}
