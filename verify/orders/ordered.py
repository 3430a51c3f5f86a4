"""An operand that makes an equation of `reference` compute as a kernel of TensorFlow does.

The equation stays what it is. The operand says in which order sums are added, and how exp and log are computed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from verify.orders.functions import exp_eigen, exp_onednn, exp_single, log_eigen, log_single
from verify.orders.order import HALF, Order
from verify.records.trace import Array

Function = Callable[[Array], Array]
ONE_BY_ONE = Order()
EXACT = {np.add, np.subtract, np.multiply, np.divide, np.negative, np.maximum, np.minimum, np.sqrt}  # rounded rightly


@dataclass(frozen=True)
class Kernel:
    """How a kernel computes. `name` is that of the library.

    `products` is the order of matrix products, `sums` that of other sums. `exp` and `log` compute several numbers at
    once. With `packet`, so many: what is left over at the end of a row, or of the tensor, is computed one by one.
    `divides`: e · (1/s) is one division, and so is s · (1/N) of a single number s and a whole number N.
    `stores`: the exponentials are all computed before they are added up, so only the end of the tensor is left over.
    """

    name: str
    products: Order = ONE_BY_ONE
    sums: Order = ONE_BY_ONE
    exp: Function = np.exp
    log: Function = np.log
    packet: int = 0
    divides: bool = False
    stores: bool = False


ONEDNN = Kernel("oneDNN", sums=Order(strides=(8, 4, 2, 1)), exp=exp_onednn)
EIGEN, EIGEN_64 = (
    Kernel("Eigen", sums=Order(strides=strides, rest=HALF), exp=exp_eigen, log=log_eigen, packet=packet, divides=True)
    for strides, packet in (((8, 4, 2, 1), 8), ((4, 2, 1), 4))
)  # in float32 and in float64


class Ordered(np.lib.mixins.NDArrayOperatorsMixin):
    """An array with its kernel. `single` has the numbers as they are if they are computed one by one.

    `inverse_of` is s, where the array is 1/s.
    """

    def __init__(self, array: Any, kernel: Kernel, single: Any = None, inverse_of: Any = None) -> None:
        self.array, self.kernel, self.inverse_of = np.asarray(array), kernel, inverse_of
        self.single = self.array if single is None else np.asarray(single)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return tuple(self.array.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return int(self.array.ndim)

    @property
    def T(self) -> Ordered:
        """The same numbers, with the axes in the opposite order."""
        return self.transpose()

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, index: Any) -> Ordered:
        return self.each(lambda a: a[index])

    def reshape(self, *shape: Any) -> Ordered:
        """Return the same numbers in another shape."""
        return self.each(lambda a: a.reshape(*shape))

    def transpose(self, *axes: Any) -> Ordered:
        """Return the same numbers with the axes in another order."""
        return self.each(lambda a: a.transpose(*axes))

    def max(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Ordered:
        """Return the largest number. `np.max` calls this method."""
        return self.each(lambda a: a.max(axis=axis, keepdims=keepdims))

    def sum(self, axis: Any = None, keepdims: bool = False, **_: Any) -> Ordered:
        """Return the sum in the kernel's order. `np.sum` calls this method."""
        terms = self if axis is not None else self.reshape(-1)
        last = terms.ndim - 1 if axis is None else axis % terms.ndim
        moved = terms.each(lambda a: np.moveaxis(a, last, -1))
        total = self.kernel.sums.total(moved.mixed(moved.shape[-1]))
        return Ordered(np.expand_dims(total, axis) if keepdims and axis is not None else total, self.kernel)

    def mixed(self, row: int) -> Array:
        """Return the numbers of each row as the kernel gives them: what fills no packet at its end is from `single`."""
        if self.single is self.array or not self.kernel.packet:
            return self.array
        whole = row - row % self.kernel.packet
        rows, single = self.array.reshape(-1, row).copy(), self.single.reshape(-1, row)
        rows[:, whole:] = single[:, whole:]
        return rows.reshape(self.shape)

    def each(self, function: Callable[[Array], Array]) -> Ordered:
        """Return what a function that rounds nothing gives."""
        single = None if self.single is self.array else function(self.single)
        return Ordered(function(self.array), self.kernel, single)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            return NotImplemented
        if ufunc is np.matmul:
            a, b = (x.array if isinstance(x, Ordered) else x for x in inputs)
            return Ordered(self.kernel.products.product(a, b), self.kernel)
        if ufunc is np.exp:
            found = Ordered(self.kernel.exp(self.array), self.kernel, exp_single(self.single))
            return Ordered(found.mixed(found.array.size), self.kernel) if self.kernel.stores else found
        if ufunc is np.log:
            return Ordered(self.kernel.log(self.array), self.kernel, log_single(self.single))
        if ufunc is np.reciprocal:
            return Ordered(np.reciprocal(self.array), self.kernel, inverse_of=self if self.kernel.divides else None)
        if ufunc not in EXACT:
            return NotImplemented
        for one, other in (inputs, inputs[::-1]) if ufunc is np.multiply else ():
            inverse = other.inverse_of if isinstance(other, Ordered) else self._whole_inverse(other)
            if inverse is not None:
                return one / inverse
        several, alone = ([getattr(x, name) if isinstance(x, Ordered) else x for x in inputs]
                          for name in ("array", "single"))  # fmt: skip
        same = all(a is b for a, b in zip(several, alone, strict=True))
        return Ordered(ufunc(*several), self.kernel, None if same else ufunc(*alone))

    def _whole_inverse(self, factor: Any) -> float | None:
        """Return N if the factor of this single number is 1/N of a whole N > 1, and the kernel divides; else None."""
        if self.ndim or not self.kernel.divides or not isinstance(factor, float) or not 0 < factor < 1:
            return None
        N = round(1 / factor)
        return float(N) if factor == 1 / N else None

    def __operation__(self, function: Any, operands: tuple[Any, ...]) -> Any:
        """Carry out an operation of `reference.operations` by its plain equation."""
        return function.__wrapped__(*operands)


def computed(compute: Callable[..., Any], operands: tuple[Any, ...], kernel: Kernel) -> Array | None:
    """Return what an equation gives with this kernel; None if it uses what no kernel knows, or is not finite."""
    try:
        with np.errstate(all="ignore"):
            found = compute(*(Ordered(x, kernel) if np.ndim(x) else x for x in operands))
            array = found.mixed(found.array.size) if isinstance(found, Ordered) else None
    except (TypeError, ValueError, IndexError, AttributeError):
        return None
    return array if array is not None and np.isfinite(array).all() else None
