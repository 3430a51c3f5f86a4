"""Read what belongs to single parameters of a model: regularizers and constraints."""

from collections.abc import Iterable, Mapping
from typing import Any

import keras

from reference.constraints import Constraint
from reference.layers.layer import Shape
from reference.orthogonal import EPSILON, Orthogonal
from reference.regularizers import Penalty, Regularizer
from verify.capture.reader import number, rounded
from verify.errors import Unsupported

R, K = keras.regularizers, keras.constraints
# Keras's classes that are verified.
REGULARIZERS = (R.L1, R.L2, R.L1L2, R.OrthogonalRegularizer)
CONSTRAINTS = (K.NonNeg, K.UnitNorm, K.MaxNorm, K.MinMaxNorm)


def refused_regularizers(variables: Iterable[Any]) -> list[tuple[str, str]]:
    """Return each variable whose regularizer is not verified, and why.  It computes no penalty, which may fail."""
    problems = []
    for variable in variables:
        try:
            _regularizer(variable)
        except (ValueError, TypeError) as error:
            problems.append((f"variable {variable.path}", f"regularizer {name_of(variable.regularizer)}; {error}"))
    return problems


def regularizers(variables: Mapping[str, Any], learned: Mapping[str, Shape]) -> tuple[tuple[str, Penalty], ...]:
    """Return the regularizer of each learned parameter that has one of those that are verified."""
    found = ((P, _regularizer(variables[P])) for P in learned)
    return tuple((P, one) for P, one in found if one != Regularizer())


def _regularizer(variable: Any) -> Penalty:
    """Return a variable's regularizer in the terms of `reference`.  Raises ValueError or TypeError for another."""
    own = variable.regularizer
    if own is None:
        return Regularizer()
    if type(own) not in REGULARIZERS:
        raise ValueError("L1, L2, L1L2 and OrthogonalRegularizer are verified")
    if type(own) is R.OrthogonalRegularizer:
        if why := _not_orthogonal(own, variable):
            raise ValueError(why)
        return Orthogonal(_number(own, "factor", 0.0), own.mode)
    return Regularizer(*(rounded(_number(own, name, 0.0), str(variable.dtype)) for name in ("l1", "l2")))


def _not_orthogonal(own: Any, variable: Any) -> str:
    """Return why an orthogonal regularizer has no penalty of this variable that can be verified; "" if it has."""
    if len(variable.shape) != 2:
        return f"it needs a matrix; the variable has the shape {list(variable.shape)}"
    if variable.shape[0 if own.mode == "rows" else 1] < 2:
        return f"it needs at least two {own.mode}: Keras divides by the number of their pairs"
    if str(variable.dtype) != "float32":
        return f"it works in float32 only: Keras multiplies its float32 factor by the {variable.dtype} variable"
    if float(keras.config.epsilon()) != EPSILON:
        return f"it is verified with Keras's epsilon {EPSILON}, not {keras.config.epsilon()}"
    return ""


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
            problems.append((f"variable {variables[P].path}", f"constraint {name_of(own)}; {error}"))
    if problems:
        raise Unsupported(problems)
    return tuple(found)


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
    return number(name, getattr(own, name, default))


def name_of(own: Any) -> str:
    """Return the name of a regularizer or constraint, or of its class."""
    return str(getattr(own, "__name__", type(own).__name__))
