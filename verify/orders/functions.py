"""Elementary functions as TensorFlow's libraries compute them on a CPU: their polynomials, evaluated in NumPy.

Each reduces its argument: e^x = 2^n e^r with |r| ≤ ln 2 / 2, and ln x = n ln 2 + ln(1 + r) with 1 + r from √½ to √2.
The coefficients are those of the libraries: oneDNN's jit_uni_eltwise_injector, and Eigen's
GenericPacketMathFunctions.h, which TensorFlow compiles without fused multiply-adds.
"""

import ctypes
import ctypes.util
from typing import Any

import numpy as np

from verify.orders.fused import multiply_add
from verify.records.trace import Array

ONEDNN_EXP = (0x3C07CFCE, 0x3D2B9D0D, 0x3E2AAD40, 0x3EFFFEE3, 0x3F7FFFFB, 0x3F800000)  # of r^5, r^4, …, 1: bits
ONEDNN_LOG2_E, ONEDNN_LN_2, ONEDNN_LEAST, ONEDNN_MOST = 0x3FB8AA3B, 0x3F317218, 0xC2AEAC50, 0x42B17218  # bits
LOG2_E, LN_2 = 1.44269504088896341, 0.69314718055994531
EIGEN_LN_2 = (-0.693359375, 2.12194440e-4)  # -ln 2 in two parts
EIGEN_ODD = (8.36894474923610687255859375e-3, 0.16666518151760101318359375)  # of r^5 and r^3
EIGEN_EVEN = (1.37449637986719608306884765625e-3, 4.166965186595916748046875e-2, 0.49999988079071044921875)  # r^6, …
EIGEN_LOG = (0.18256296349849254, 1.0000000190281063, 1.0000000190281136), (
    0.049616247954120038, 0.59923249590823520, 1.4999999999999927)  # fmt: skip
EXP_64 = (1.26177193074810590878e-4, 3.02994407707441961300e-2, 9.99999999999999999910e-1), (
    3.00198505138664455042e-6, 2.52448340349684104192e-3, 2.27265548208155028766e-1, 2.0)  # fmt: skip
LN_2_64 = (0.693145751953125, 1.42860682030941723212e-6)
LOG_64 = (1.01875663804580931796e-4, 4.97494994976747001425e-1, 4.70579119878881725854, 1.44989225341610930846e1,
          1.79368678507819816313e1, 7.70838733755885391666), (
    1.0, 1.12873587189167450590e1, 4.52279145837532221105e1, 8.29875266912776603211e1, 7.11544750618563894466e1,
    2.31251620126765340583e1)  # fmt: skip


def exp_onednn(x: Array) -> Array:
    """e^x as oneDNN computes it in float32.  Any shape -> its shape.  Raises TypeError for another type."""
    if x.dtype != np.float32:
        raise TypeError("oneDNN has this exponential in float32")
    reduced = np.maximum(np.minimum(x, _of_bits(ONEDNN_MOST)), _of_bits(ONEDNN_LEAST))
    n = np.floor(reduced * _of_bits(ONEDNN_LOG2_E) + np.float32(0.5))
    r = multiply_add(-n, _of_bits(ONEDNN_LN_2), reduced)
    total: Array = np.broadcast_to(_of_bits(ONEDNN_EXP[0]), x.shape)
    for coefficient in ONEDNN_EXP[1:]:
        total = multiply_add(total, r, _of_bits(coefficient))
    return np.asarray(np.ldexp(total, n.astype(int) - 1) * np.float32(2))


def exp_eigen(x: Array) -> Array:
    """e^x as Eigen computes several at once.  Any shape, float32 or float64 -> its shape."""
    cast = x.dtype.type
    if x.dtype == np.float64:
        return _exp_eigen_64(x)
    n = np.floor(x * cast(LOG2_E) + cast(0.5))
    r = n * cast(EIGEN_LN_2[1]) + (n * cast(EIGEN_LN_2[0]) + x)
    square = r * r
    powers = r * _horner(square, EIGEN_ODD) + _horner(square, EIGEN_EVEN)
    return np.asarray(np.ldexp(square * powers + (r + cast(1)), n.astype(int)))


def _exp_eigen_64(x: Array) -> Array:
    """e^x in float64: 1 + 2 p / (q - p).  S. Moshier, Cephes"""
    n = np.floor(LOG2_E * x + 0.5)
    r = (x - n * LN_2_64[0]) - n * LN_2_64[1]
    square = r * r
    above = _horner(square, EXP_64[0]) * r
    return np.asarray(np.ldexp(2 * (above / (_horner(square, EXP_64[1]) - above)) + 1, n.astype(int)))


def log_eigen(x: Array) -> Array:
    """The natural logarithm as Eigen computes several at once.  x > 0, float32 or float64 -> its shape."""
    cast = x.dtype.type
    part, exponent = np.frexp(x)
    small = part < cast(0.5**0.5)
    n = (exponent - small).astype(x.dtype)
    r = (part - cast(1)) + np.where(small, part, cast(0))
    if x.dtype == np.float32:
        above, below = (_horner(r, coefficients) for coefficients in EIGEN_LOG)
        return np.asarray(n * cast(LN_2) + (r * above) / (r * below + cast(1)))
    square = r * r
    cube = square * r
    above, below = (_horner(r, of[:3]) * cube + _horner(r, of[3:]) for of in LOG_64)
    return np.asarray(n * LN_2 + (r + (-0.5 * square + (above * cube) / below)))


def exp_single(x: Array) -> Array:
    """e^x as the C library computes one number at a time.  Any shape, float32 or float64 -> its shape."""
    return _one_by_one("exp", x)


def log_single(x: Array) -> Array:
    """The natural logarithm as the C library computes one number at a time.  x > 0 -> its shape."""
    return _one_by_one("log", x)


def _one_by_one(name: str, x: Array) -> Array:
    """Return a function of the C library, of each number. Without this library: the float64 result, rounded."""
    single = x.dtype == np.float32
    number = ctypes.c_float if single else ctypes.c_double
    try:
        function = getattr(ctypes.CDLL(ctypes.util.find_library("m")), f"{name}f" if single else name)
    except (OSError, AttributeError):
        return np.asarray(getattr(np, name)(np.float64(x)).astype(x.dtype))
    function.restype, function.argtypes = number, [number]
    return np.array([function(v) for v in x.ravel().tolist()], x.dtype).reshape(x.shape)


def _horner(x: Any, coefficients: tuple[float, ...]) -> Any:
    """Return a polynomial, the coefficient of the highest power first, each operation rounded."""
    cast = x.dtype.type
    total = cast(coefficients[0])
    for coefficient in coefficients[1:]:
        total = total * x + cast(coefficient)
    return total


def _of_bits(bits: int) -> np.float32:
    """Return the float32 number with these bits."""
    return np.float32(np.array(bits, np.uint32).view(np.float32))
