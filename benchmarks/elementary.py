"""Measure TensorFlow's elementary functions against an 80-bit evaluation; fail above what the bounds assume.

    python -m benchmarks.elementary

Errors in ulp. Exit status 1 if a function is worse than `verify.records.precision` says.
"""

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.record import Cell, Column, Measurement, finish, parser
from verify.records import precision
from verify.runtime.stderr import hushed

COUNT = 2_000_000
KINDS = (("float32", False), ("float32", True), ("float64", False), ("float64", True))  # precision, XLA
ELEMENTARY = Measurement(
    "elementary",
    "Elementary functions",
    "The largest error of TensorFlow's elementary functions over two million arguments (β^t: every t to 300 and 3,000; "
    "rate^p: 3,000 pairs), and the error that the bounds assume.",
    (
        Column("function"),
        *(Column(f"{dtype} {'XLA' if jit else 'graph'}", "ulp", ".2f") for dtype, jit in KINDS),
        Column("assumed", "ulp"),
    ),
)
NOTE = (
    "On arrays TensorFlow's vectorised float64 pow has errors of up to 348 ulp (0.9^t for t to 60,000). Adam and the "
    "schedules take powers of scalars, which are computed in another way."
)


def ulps(computed: Any, exact: Any, dtype: str) -> float:
    """Return the largest error in units in the last place of the exact value."""
    _, exponent = np.frexp(np.abs(exact))
    ulp = np.ldexp(np.longdouble(1), exponent - np.finfo(dtype).nmant - 1)
    return float(np.max(np.abs(computed.astype(np.longdouble) - exact) / ulp))


def sigmoid(x: Any) -> Any:
    """Return the sigmoid in the precision of x."""
    return 1 / (1 + np.exp(-x))


def erfc(x: Any) -> Any:
    """Return erfc x, computed in float64."""
    return np.array([math.erfc(number) for number in x.astype(float).tolist()], dtype=np.longdouble)


def softplus(x: Any) -> Any:
    """Return ln(1 + e^x) in the precision of x."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def cube(x: Any) -> Any:
    """Return x³ in the precision of x."""
    return x * x * x


def functions(tf: Any, rng: Any) -> dict[str, tuple[Any, Any, Callable[[str], Any], float]]:
    """Return for each row: TensorFlow's function, NumPy's, the arguments in a precision, and the assumed error."""
    lowest = {"float32": -87, "float64": -708}
    log, tanh, logistic = (tf.math.log, np.log), (tf.tanh, np.tanh), (tf.sigmoid, sigmoid)
    return {
        "exp": (tf.exp, np.exp, lambda dtype: rng.uniform(lowest[dtype], 0, COUNT), precision.EXP_ULP),
        "log": (*log, lambda dtype: rng.uniform(1, 10, COUNT), precision.LOG_ULP),
        "log below 1": (*log, lambda dtype: 10 ** rng.uniform(-7, 0, COUNT), precision.LOG_ULP),
        "log near 1": (*log, lambda dtype: 1 + 10 ** rng.uniform(-7, -2, COUNT), precision.LOG_ULP),
        "log1p": (tf.math.log1p, np.log1p, lambda dtype: 10 ** rng.uniform(-30, 0, COUNT), precision.LOG1P_ULP),
        "sqrt": (tf.sqrt, np.sqrt, lambda dtype: 10 ** rng.uniform(-30, 2, COUNT), 0.5),
        "tanh": (*tanh, lambda dtype: rng.normal(size=COUNT) * 3, precision.TANH_ULP),
        "tanh, small": (*tanh, lambda dtype: 10 ** rng.uniform(-30, 0, COUNT), precision.TANH_ULP),
        "tanh, large": (*tanh, lambda dtype: rng.uniform(2, 30, COUNT), precision.TANH_ULP),
        "cos, 0 to π": (tf.cos, np.cos, lambda dtype: rng.uniform(0, np.pi, COUNT), precision.COS_ULP),
        "sigmoid": (*logistic, lambda dtype: rng.normal(size=COUNT) * 3, precision.SIGMOID_ULP),
        "sigmoid below 0": (*logistic, lambda dtype: rng.uniform(-86, 0, COUNT), precision.SIGMOID_ULP),
        "softplus": (tf.math.softplus, softplus, lambda dtype: rng.normal(size=COUNT) * 3, precision.SOFTPLUS_ULP),
        "softplus below 0": (
            tf.math.softplus,
            softplus,
            lambda dtype: rng.uniform(-86, 0, COUNT),
            precision.SOFTPLUS_ULP,
        ),
        "erfc below 0": (tf.math.erfc, erfc, lambda dtype: rng.uniform(-10, 0, COUNT // 4), precision.ERFC_ULP),
        "erfc, 0 to 1": (
            tf.math.erfc,
            erfc,
            lambda dtype: rng.uniform(0, 1, COUNT // 4),
            precision.ERFC_ULP + precision.ERFC_TAIL_ULP,
        ),
        "x^2 by pow": (
            lambda x: tf.pow(x, tf.where(x < 1e30, 2.0 * tf.ones_like(x), x)),
            np.square,
            lambda dtype: rng.normal(size=COUNT),
            precision.SQUARE_ULP,
        ),
        "x^(1/2) by pow": (
            lambda x: tf.pow(x, tf.where(x < 1e30, 0.5 * tf.ones_like(x), x)),
            np.sqrt,
            lambda dtype: 10 ** rng.uniform(-30, 2, COUNT),
            precision.POWERS_ULP,
        ),
        "x^3 by pow": (
            lambda x: tf.pow(x, tf.where(x < 1e30, 3.0 * tf.ones_like(x), x)),
            cube,
            lambda dtype: rng.normal(size=COUNT) * 2,
            precision.CUBE_ULP,
        ),
        "x^3": (
            lambda x: tf.pow(x, 3),
            cube,
            lambda dtype: rng.normal(size=COUNT) * 2,
            precision.CUBE_ULP,
        ),
        "x^1.5 by pow": (
            lambda x: tf.pow(x, tf.constant(1.5, x.dtype)),
            lambda x: x * np.sqrt(x),
            lambda dtype: rng.uniform(0.01, 1, COUNT),
            precision.POWERS_ULP,
        ),
        "x^-0.25 by pow": (
            lambda x: tf.pow(x, tf.constant(-0.25, x.dtype)),
            lambda x: 1 / np.sqrt(np.sqrt(x)),
            lambda dtype: rng.uniform(0.01, 1, COUNT),
            precision.POWERS_ULP,
        ),
        "1/x": (tf.math.reciprocal, np.reciprocal, lambda dtype: rng.uniform(1, 1000, COUNT), precision.RECIPROCAL_ULP),
    }


def powers(tf: Any, rng: Any, dtype: str, jit: bool) -> dict[str, float]:
    """Return the largest error of powers of scalars, which Adam and the schedules take, for each row."""
    bases, exponents = rng.uniform(0, 1, (2, 3000)).astype(dtype)
    pairs = {"rate^p": (bases, 8 * exponents)}
    for beta, last in ((0.9, 300), (0.999, 3000)):
        steps = np.arange(1, last + 1).astype(dtype)
        pairs[f"{beta}^t"] = (np.full_like(steps, beta), steps)
    power = tf.function(lambda b, t: tf.pow(b, t), jit_compile=jit, autograph=False)
    return {
        name: ulps(
            np.array(
                [power(tf.constant(base), tf.constant(exponent)).numpy() for base, exponent in zip(b, t, strict=True)]
            ),
            b.astype(np.longdouble) ** t.astype(np.longdouble),
            dtype,
        )
        for name, (b, t) in pairs.items()
    }


def main() -> int:
    """Measure all functions, print the table, and return the exit status."""
    given = parser(__doc__).parse_args()
    if np.finfo(np.longdouble).nmant < 63:
        print("this machine has no 80-bit numbers to compare with")
        return 0
    rows: dict[str, list[Cell]] = {}
    assumed: dict[str, float] = {}
    failed = False
    with hushed():
        import tensorflow as tf

        for dtype, jit in KINDS:
            rng, errors = np.random.default_rng(0), {}
            for name, (function, exact, draw, bound) in functions(tf, rng).items():
                x = draw(dtype).astype(dtype)
                computed = tf.function(function, jit_compile=jit, autograph=False)(tf.constant(x)).numpy()
                errors[name], assumed[name] = ulps(computed, exact(x.astype(np.longdouble)), dtype), bound
            errors |= powers(tf, rng, dtype, jit)
            for name, error in errors.items():
                rows.setdefault(name, [name]).append(error)
                failed |= error > assumed.get(name, precision.POWER_ULP)
    finish(
        ELEMENTARY, [[*row, assumed.get(name, precision.POWER_ULP)] for name, row in rows.items()], given.record, NOTE
    )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
