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
        if type(own) in REGULARIZERS:
            l1, l2 = (rounded(getattr(own, name, 0.0), str(variables[P].dtype)) for name in ("l1", "l2"))
            found.append((P, Regularizer(l1, l2)))
        elif own is not None:
            problems.append(
                (f"variable {variables[P].path}", f"regularizer {_name(own)}; L1, L2 and L1L2 are verified")
            )
    if problems:
        raise Unsupported(problems)
    return tuple((P, one) for P, one in found if one.l1 or one.l2)


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
