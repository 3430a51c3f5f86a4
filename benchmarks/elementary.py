"""Measure TensorFlow's elementary functions against an 80-bit evaluation; fail above what the bounds assume.

    python -m benchmarks.elementary

Errors in ulp. Exit status 1 if a kernel is worse than `verify.records.precision` says.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from verify.records import precision
from verify.runtime.stderr import hushed

COUNT = 2_000_000


def ulps(found: Any, exact: Any, bits: int) -> float:
    """The largest error, in units in the last place of the exact value."""
    _, exponent = np.frexp(np.abs(exact))
    return float(np.max(np.abs(found.astype(np.longdouble) - exact) / np.ldexp(np.longdouble(1), exponent - bits)))


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def main() -> int:
    if np.finfo(np.longdouble).nmant < 63:
        print("this machine has no 80-bit numbers to compare with")
        return 0
    with hushed():
        import tensorflow as tf
    rng, failed = np.random.default_rng(0), False
    cases: dict[str, tuple[Any, Any, Any, float]] = {
        "exp": (
            tf.exp,
            np.exp,
            lambda dtype: rng.uniform(-87 if dtype == "float32" else -708, 0, COUNT),
            precision.EXP_ULP,
        ),
        "log": (tf.math.log, np.log, lambda dtype: rng.uniform(1, 10, COUNT), precision.LOG_ULP),
        "log < 1": (tf.math.log, np.log, lambda dtype: 10 ** rng.uniform(-7, 0, COUNT), precision.LOG_ULP),
        "log near 1": (tf.math.log, np.log, lambda dtype: 1 + 10 ** rng.uniform(-7, -2, COUNT), precision.LOG_ULP),
        "sqrt": (tf.sqrt, np.sqrt, lambda dtype: 10 ** rng.uniform(-30, 2, COUNT), 0.5),
        "tanh": (tf.tanh, np.tanh, lambda dtype: rng.normal(size=COUNT) * 3, precision.TANH_ULP),
        "tanh small": (tf.tanh, np.tanh, lambda dtype: 10 ** rng.uniform(-30, 0, COUNT), precision.TANH_ULP),
        "tanh large": (tf.tanh, np.tanh, lambda dtype: rng.uniform(2, 30, COUNT), precision.TANH_ULP),
        "sigmoid": (tf.sigmoid, _sigmoid, lambda dtype: rng.normal(size=COUNT) * 3, precision.SIGMOID_ULP),
        "sigmoid < 0": (tf.sigmoid, _sigmoid, lambda dtype: rng.uniform(-86, 0, COUNT), precision.SIGMOID_ULP),
        "1/x": (tf.math.reciprocal, np.reciprocal, lambda dtype: rng.uniform(1, 1000, COUNT), precision.RECIPROCAL_ULP),
    }
    for dtype, bits in (("float32", 24), ("float64", 53)):
        for jit in (False, True):
            how = "XLA" if jit else "graph"
            for name, (function, exact, draw, bound) in cases.items():
                x = draw(dtype).astype(dtype)
                found = tf.function(function, jit_compile=jit, autograph=False)(tf.constant(x)).numpy()
                worst = ulps(found, exact(x.astype(np.longdouble)), bits)
                failed |= worst > bound
                print(
                    f"{dtype} {how:5} {name:11} {worst:7.3f} ulp, assumed {bound}{'  ABOVE' if worst > bound else ''}"
                )
            rates = rng.uniform(0, 1, (2, 3000)).astype(dtype)  # of schedules: any base, any exponent
            power = tf.function(lambda b, t: tf.pow(b, t), jit_compile=jit, autograph=False)
            found = np.array([power(tf.constant(b), tf.constant(8 * p)).numpy() for b, p in rates.T])
            worst = ulps(found, rates[0].astype(np.longdouble) ** (8 * rates[1]).astype(np.longdouble), bits)
            failed |= worst > precision.POWER_ULP
            print(f"{dtype} {how:5} rate^p {worst:12.3f} ulp, assumed {precision.POWER_ULP}")
            for beta in (0.9, 0.999):
                base = np.dtype(dtype).type(beta)
                steps = np.arange(1, 3001 if beta > 0.99 else 301).astype(dtype)
                found = np.array([power(tf.constant(base), tf.constant(t)).numpy() for t in steps])
                worst = ulps(found, np.longdouble(base) ** steps.astype(np.longdouble), bits)
                failed |= worst > precision.POWER_ULP
                print(f"{dtype} {how:5} {beta}^t  {worst:11.3f} ulp, assumed {precision.POWER_ULP}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
