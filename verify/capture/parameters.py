"""Read what belongs to single parameters of a model: regularizers and constraints."""

from collections.abc import Mapping
from typing import Any

import keras

from reference.constraints import Constraint
from reference.layers.layer import Shape
from reference.regularizers import Regularizer
from verify.capture.reader import rounded
from verify.errors import Unsupported

R, K = keras.regularizers, keras.constraints
# Keras's classes that are verified.
REGULARIZERS, CONSTRAINTS = (R.L1, R.L2, R.L1L2), (K.NonNeg, K.UnitNorm, K.MaxNorm, K.MinMaxNorm)


def regularizers(variables: Mapping[str, Any], learned: Mapping[str, Shape]) -> tuple[tuple[str, Regularizer], ...]:
    """Return the regularizer of each learned parameter that has one.  Raises Unsupported, naming the others."""
    found, problems = [], []
    for P in learned:
        own = variables[P].regularizer
        if own is None:
            continue
        try:
            found.append((P, _regularizer(own, str(variables[P].dtype))))
        except (ValueError, TypeError) as error:
            problems.append((f"variable {variables[P].path}", f"regularizer {_name(own)}; {error}"))
    if problems:
        raise Unsupported(problems)
    return tuple((P, one) for P, one in found if one.l1 or one.l2)


def constraints(variables: Mapping[str, Any], learned: Mapping[str, Shape]) -> tuple[tuple[str, Constraint], ...]:
    """Return the constraint of each learned parameter that has one.  Raises Unsupported, naming the others."""
    found, problems = [], []
    for P, shape in learned.items():
        own = variables[P].constraint
        if own is None:
            continue
        try:
            found.append((P, _constraint(own, tuple(variables[P].shape), shape)))
        except (ValueError, TypeError) as error:
            problems.append((f"variable {variables[P].path}", f"constraint {_name(own)}; {error}"))
    if problems:
        raise Unsupported(problems)
    return tuple(found)


def _regularizer(own: Any, dtype: str) -> Regularizer:
    """Return a regularizer in the terms of `reference`.  Raises ValueError or TypeError for any other."""
    if type(own) not in REGULARIZERS:
        raise ValueError("L1, L2 and L1L2 are verified")
    return Regularizer(*(rounded(_number(own, name, 0.0), dtype) for name in ("l1", "l2")))


def _constraint(own: Any, here: Shape, shape: Shape) -> Constraint:
    """Return a constraint in the terms of `reference`.  Raises ValueError or TypeError for any other.

    A bias is a row [1, n] there, and has one axis in Keras.
    """
    if type(own) is K.NonNeg:
        return Constraint()
    if type(own) not in CONSTRAINTS:
        raise ValueError("NonNeg, UnitNorm, MaxNorm and MinMaxNorm are verified")
    if here not in (shape, shape[1:]):
        raise ValueError(f"norms of a variable of shape {list(here)} of this layer are not verified")
    words: dict[str, Any] = {"axes": _axes(own.axis, len(here)), "epsilon": float(keras.config.epsilon())}
    if type(own) is K.UnitNorm:
        return Constraint("unit_norm", **words)
    least, most, rate = (_number(own, *of) for of in (("min_value", 0.0), ("max_value", 1.0), ("rate", 1.0)))
    return Constraint("norm_within", least=least, most=most, rate=rate, **words)


def _axes(given: Any, rank: int) -> tuple[int, ...]:
    """Return the axes of a norm as they count from the end; None means all.  Raises ValueError for any other."""
    axes = list(range(rank)) if given is None else list(given) if isinstance(given, list | tuple) else [given]
    if any(not isinstance(axis, int) or not -rank <= axis < rank for axis in axes):
        raise ValueError(f"a variable with {rank} axes has no axis={given!r}")
    counted = tuple(axis if axis < 0 else axis - rank for axis in axes)
    if not counted or len(set(counted)) < len(counted):
        raise ValueError(f"a norm along one or more axes is verified, each named once, not axis={given!r}")
    return counted


def _number(own: Any, name: str, default: float) -> float:
    """Return an option of a regularizer or a constraint.  Raises ValueError if it is no number."""
    value = getattr(own, name, default)
    try:
        return float(value)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{name} must be a number, not {value!r}") from error


def _name(own: Any) -> str:
    return str(getattr(own, "__name__", type(own).__name__))
