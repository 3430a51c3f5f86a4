"""Read what belongs to single parameters of a model: regularizers and constraints."""

from collections.abc import Iterable, Mapping
from typing import Any

import keras

from reference.constraints import Constraint
from reference.layers.layer import Shape
from reference.orthogonal import EPSILON, Orthogonal
from reference.regularizers import Penalty, Regularizer
from verify.capture.reader import rounded
from verify.errors import Unsupported

R, K = keras.regularizers, keras.constraints
# Keras's classes that are verified.
REGULARIZERS = (R.L1, R.L2, R.L1L2, R.OrthogonalRegularizer)
CONSTRAINTS = (K.NonNeg, K.UnitNorm, K.MaxNorm, K.MinMaxNorm)


def refused_regularizers(variables: Iterable[Any]) -> list[tuple[str, str]]:
    """Return each variable whose regularizer is not verified, and why.  It computes no penalty, which may fail."""
    problems = []
    for variable in variables:
        own, where = variable.regularizer, f"variable {variable.path}"
        if type(own) is R.OrthogonalRegularizer:
            why = _not_orthogonal(own, variable)
            problems += [(where, f"regularizer OrthogonalRegularizer {why}")] if why else []
        elif own is not None and type(own) not in REGULARIZERS:
            verified = "L1, L2, L1L2 and OrthogonalRegularizer are verified"
            problems.append((where, f"regularizer {_name(own)}; {verified}"))
    return problems


def regularizers(variables: Mapping[str, Any], learned: Mapping[str, Shape]) -> tuple[tuple[str, Penalty], ...]:
    """Return the regularizer of each learned parameter that has one of those that are verified."""
    every = ((P, variables[P].regularizer, str(variables[P].dtype)) for P in learned)
    found = ((P, _regularizer(own, dtype)) for P, own, dtype in every if own is not None)
    return tuple((P, one) for P, one in found if one != Regularizer())


def _regularizer(own: Any, dtype: str) -> Penalty:
    """Return a regularizer in the terms of `reference`."""
    if type(own) is R.OrthogonalRegularizer:
        return Orthogonal(float(own.factor), own.mode)
    return Regularizer(*(rounded(getattr(own, name, 0.0), dtype) for name in ("l1", "l2")))


def _not_orthogonal(own: Any, variable: Any) -> str:
    """Return why an orthogonal regularizer has no penalty of this variable that can be verified; "" if it has."""
    if len(variable.shape) != 2:
        return f"needs a matrix; the variable has the shape {list(variable.shape)}"
    if variable.shape[0 if own.mode == "rows" else 1] < 2:
        return f"needs at least two {own.mode}: Keras divides by the number of their pairs"
    if str(variable.dtype) != "float32":
        return f"works in float32 only: Keras multiplies its float32 factor by the {variable.dtype} variable"
    if float(keras.config.epsilon()) != EPSILON:
        return f"is verified with Keras's epsilon {EPSILON}, not {keras.config.epsilon()}"
    return ""


def constraints(variables: Mapping[str, Any], learned: Mapping[str, Shape]) -> tuple[tuple[str, Constraint], ...]:
    """Return the constraint of each learned parameter that has one.  Raises Unsupported, naming the others."""
    found, problems = [], []
    for P, shape in learned.items():
        variable = variables[P]
        if variable.constraint is None:
            continue
        own = _constraint(variable.constraint, tuple(variable.shape), shape)
        if own is None:
            why = f"constraint {_name(variable.constraint)}; NonNeg, UnitNorm, MaxNorm and MinMaxNorm are verified"
            problems.append((f"variable {variable.path}", why))
        else:
            found.append((P, own))
    if problems:
        raise Unsupported(problems)
    return tuple(found)


def _constraint(own: Any, here: Shape, shape: Shape) -> Constraint | None:
    """Return a constraint in the terms of `reference`; None for one that is not known.

    A bias is a row [1, n] there, and has one axis in Keras.
    """
    if type(own) is K.NonNeg:
        return Constraint()
    if type(own) not in CONSTRAINTS or here not in (shape, shape[1:]):
        return None
    given = own.axis if isinstance(own.axis, list | tuple) else (own.axis,)
    axes = tuple(int(axis) if axis < 0 else int(axis) - len(here) for axis in given)
    words: dict[str, Any] = {"axes": axes, "epsilon": float(keras.config.epsilon())}
    if type(own) is K.UnitNorm:
        return Constraint("unit_norm", **words)
    least, rate = float(getattr(own, "min_value", 0.0)), float(getattr(own, "rate", 1.0))
    return Constraint("norm_within", least=least, most=float(own.max_value), rate=rate, **words)


def _name(own: Any) -> str:
    return str(getattr(own, "__name__", type(own).__name__))
