"""Operations that are one equation, but that a computer may carry out in several ways.

A person multiplies three numbers from left to right; a compiler may take another order. TensorFlow computes a sigmoid
by one kernel, not by e^z, a sum and a division. An equation shows this by using one of these operations, or by the
decorator `@operation`. On arrays each operation is the plain NumPy in its body.
"""

import math
from collections.abc import Callable
from functools import reduce, wraps
from operator import add, mul
from typing import Any

import numpy as np

Function = Callable[..., Any]


def operation(function: Function) -> Function:
    """Decorate a function so that an operand with a method `__operation__` carries it out in its own way.

    The method receives the decorated function and the operands; `function.__wrapped__` is the plain NumPy.
    """

    @wraps(function)
    def carried_out(*operands: Any) -> Any:
        for x in operands:
            method = getattr(x, "__operation__", None)
            if method is not None:
                return method(carried_out, operands)
        return function(*operands)

    return carried_out


@operation
def product(*factors: Any) -> Any:
    """Several factors, multiplied in any order.  Any shapes that broadcast -> their shape."""
    return reduce(mul, factors)


@operation
def quotient(x: Any, y: Any, least: Any) -> Any:
    """x / y, where y is known to be at least `least` > 0.  x, y of one shape, scalar -> that shape."""
    return x / y


@operation
def over_root(x: Any, y: Any) -> Any:
    """x / √y, which a compiler may compute as x · (1/√y).  x, y of one shape -> that shape."""
    return x / np.sqrt(y)


@operation
def divided(x: Any, constant: Any) -> Any:
    """x / c, where c is a constant: a compiler may multiply by 1/c.  Any shape, scalar -> its shape."""
    return x / constant


@operation
def norm(*arrays: Any) -> Any:
    """√ of the sum of all squares: of each array, then of these sums, each in any order.  Any shapes -> scalar."""
    return np.sqrt(sum(np.sum(x * x) for x in arrays))


@operation
def sign(x: Any) -> Any:
    """-1, 0 or 1, and NaN for NaN.  Any shape -> its shape."""
    return np.sign(x)


@operation
def choose(mask: Any, x: Any, y: Any) -> Any:
    """x where the mask is true, y elsewhere.  Any shapes that broadcast -> their shape."""
    return np.where(mask, x, y)


@operation
def take(X: Any, places: Any) -> Any:
    """The numbers of each example at these places of its numbers in a row; 0 for place -1.

    X [N, ...], places [...] (whole numbers) -> [N, ...] with the shape of places.
    """
    chosen = np.take(X.reshape(len(X), -1), places, axis=1)
    chosen[:, places < 0] = 0
    return chosen


@operation
def chosen_rows(W: Any, X: Any) -> Any:
    """The rows of a table with these numbers, counted from 0.  W [V, n], X [...] (whole numbers) -> [..., n].

    Raises IndexError for the number of no row.
    """
    rows = np.asarray(X).astype(np.int64)
    if np.any(rows < 0):
        raise IndexError("a row has no negative number")
    return W[rows]


@operation
def added_rows(start: Any, D: Any, X: Any, numbers: Any) -> Any:
    """Sum up the rows of D by the number in X at their place, each sum from `start` on and in any order.

    start [V, n] or 0, D [..., n], X [...], numbers [V] (whole numbers, ascending) -> [V, n]
    """
    found, rows = np.asarray(X).ravel(), D.reshape(-1, D.shape[-1])
    places = np.minimum(np.searchsorted(numbers, found), len(numbers) - 1)
    here = numbers[places] == found
    total = np.zeros((len(numbers), rows.shape[-1]), rows.dtype) + start
    np.add.at(total, places[here], rows[here])
    return total


@operation
def first_largest(T: Any) -> Any:
    """A mask of the first largest number along the last axis but one.  [..., k, n] -> [..., k, n]"""
    return np.arange(T.shape[-2])[:, None] == np.argmax(T, axis=-2)[..., None, :]


@operation
def shares_of_largest(T: Any) -> Any:
    """1/m at each of the m largest numbers along the last axis but one, 0 elsewhere.  [..., k, n] -> [..., k, n]"""
    largest, one = np.equal(T, np.max(T, axis=-2, keepdims=True)), rounded_as(1, T)
    return largest * (one / np.sum(largest * one, axis=-2, keepdims=True))


@operation
def beside(*arrays: Any) -> Any:
    """The numbers of each example of all arrays in one row.  [N, ...] each -> [N, p]."""
    return np.concatenate([x.reshape(len(x), -1) for x in arrays], axis=1)


@operation
def added(*terms: Any) -> Any:
    """The sum of several terms, added up in any order.  Any one shape -> that shape."""
    return reduce(add, terms)


@operation
def erfc(x: Any) -> Any:
    """1 less the error function: 2/√π times the integral of e^(-t²) from x on, elementwise.  Any shape -> its shape."""
    x = np.asarray(x)
    return np.array([math.erfc(number) for number in x.ravel().tolist()], dtype=x.dtype).reshape(x.shape)


@operation
def rounded_as(number: float, like: Any) -> Any:
    """A constant, rounded to the precision of `like` before anything is done with it.  Scalar, any shape -> scalar."""
    return np.result_type(like, 0.0).type(number)
