"""The arithmetic that is being judged: unit roundoff, underflow threshold, and its elementary functions.

The bounds of the elementary functions are in ulp (units in the last place). Addition, subtraction,
multiplication, division and square root are correctly rounded (IEEE 754). The others are not specified
by any standard; `benchmarks/elementary.py` measures what TensorFlow's kernels reach and fails above these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REFERENCE_UNIT = 2.0**-53  # the by-hand side is evaluated in float64 and rounds as well
EXP_ULP = 2.0
LOG_ULP = 4.0
POWER_ULP = 1.0
RECIPROCAL_ULP = 3.0  # Eigen's vectorised 1/x is an approximation and a Newton step, not a division


@dataclass(frozen=True)
class Precision:
    """A binary floating-point format with flush to zero."""

    name: str
    unit: float
    tiny: float

    @property
    def joint_unit(self) -> float:
        """Both sides round: the judged format's unit roundoff and the reference's."""
        return self.unit + REFERENCE_UNIT

    def half_ulp(self, magnitude: Any) -> Floats:
        """The largest rounding error of one operation whose exact result has at most this magnitude."""
        _, exponent = np.frexp(np.maximum(magnitude, self.tiny))
        found: Floats = np.ldexp(2 * self.joint_unit, exponent - 2) + self.tiny
        return found

    def spacing(self, x: Any) -> Floats:
        """One ulp at x: the gap between neighbouring numbers of the format.  float64 array -> same shape."""
        _, exponent = np.frexp(np.maximum(np.abs(x), self.tiny))
        found: Floats = np.ldexp(2 * self.unit, exponent - 1)
        return found

    def round(self, x: Any) -> Floats:
        """x rounded once to the format, as float64.  Overflow becomes infinity."""
        with np.errstate(over="ignore", under="ignore"):
            found: Floats = np.asarray(np.asarray(x).astype(self.name), dtype=np.float64)
        return found


FLOAT32 = Precision("float32", 2.0**-24, float(np.finfo(np.float32).tiny))
FLOAT64 = Precision("float64", 2.0**-53, float(np.finfo(np.float64).tiny))
PRECISIONS = {"float32": FLOAT32, "float64": FLOAT64}
