"""Keras's Muon."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import keras
import tensorflow as tf

from reference import tensor_names as names
from reference.optimizers.muon import Muon
from verify.capture.methods import heard, key_of
from verify.errors import Unsupported, Unusable

ACCUMULATES, ASKS_KERAS_VARIABLES = False, True
CAST = ("adam_weight_decay",)
ITERATION = "zeropower_via_newtonschulz5"
KERAS = (keras.optimizers.Muon,)
KEPT = {"m": "momentums", "v": "adam_velocities"}


def made(optimizer: Muon) -> Any:
    """Return Keras's Muon with these coefficients; it finds the matrices that Adam moves by itself."""
    return keras.optimizers.Muon(
        learning_rate=optimizer.learning_rate,
        adam_beta_1=optimizer.adam_beta_1,
        adam_beta_2=optimizer.adam_beta_2,
        adam_weight_decay=optimizer.adam_weight_decay,
        epsilon=optimizer.epsilon,
        weight_decay=optimizer.weight_decay,
        muon_a=optimizer.muon_a,
        muon_b=optimizer.muon_b,
        muon_c=optimizer.muon_c,
        adam_lr_ratio=optimizer.adam_lr_ratio,
        momentum=optimizer.momentum,
        ns_steps=int(optimizer.ns_steps),
        nesterov=optimizer.nesterov,
        rms_rate=optimizer.rms_rate or None,
    )


def of_parameters(optimizer: Any, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the field `by_adam`: the weights that are no matrix, of an embedding, or in `exclude_layers`.

    Keras documents this choice. So it is made here, not read from Keras's variables, and a wrong one is found.
    Raises Unsupported for what is not verified.
    """
    _check_options(optimizer)
    learned = {P: variable for P, variable in parameters.items() if variable.trainable}
    weights = {P for P in learned if names.read(P).quantity == "W"}
    by_muon = {P for P, variable in learned.items() if len(variable.shape) == 2 and not _excluded(optimizer, variable)}
    problems = [(f"variable {learned[P].path}", "Muon of a matrix that is no weight is not verified")
                for P in sorted(by_muon - weights)]  # fmt: skip
    is_scheduled = isinstance(optimizer._learning_rate, keras.optimizers.schedules.LearningRateSchedule)
    if is_scheduled and any(learned[P].dtype == "float64" for P in by_muon):
        why = "Keras multiplies a float32 learning rate of a schedule by a float64 matrix, which TensorFlow refuses"
        problems.append(("optimizer Muon", why))
    if optimizer.rms_rate == 0:
        problems.append(("optimizer Muon", "rms_rate=0 leaves every matrix as it is and is not verified; None is"))
    if problems:
        raise Unsupported(problems)
    return {"by_adam": tuple(P for P in learned if P in weights - by_muon)}


def _check_options(optimizer: Any) -> None:
    """Raise Unusable for options with which Keras fails in the first step, or takes a text letter by letter."""
    if type(optimizer.ns_steps) is not int:
        raise Unusable(f"optimizer: ns_steps must be a whole number, not {optimizer.ns_steps!r}")
    excluded = optimizer.exclude_layers
    try:
        if isinstance(excluded, str):
            raise TypeError("Keras would take each letter of it")
        for keyword in excluded:
            re.compile(keyword)
    except (TypeError, re.error) as error:
        text = f"optimizer: exclude_layers must be a list of names or patterns, not {excluded!r} ({error})"
        raise Unusable(text) from error


def _excluded(optimizer: Any, variable: Any) -> bool:
    """Return whether Adam moves a matrix: that of an embedding, or in a layer that is named."""
    named = any(re.search(keyword, variable.path) for keyword in optimizer.exclude_layers)
    return named or bool(optimizer.exclude_embeddings and "embedding" in variable.path.lower())


def verifies_rows(optimizer: Any, variable: Any) -> bool:
    """Return whether Adam moves the rows of an Embedding. What Muon makes of them is not verified."""
    return _excluded(optimizer, variable)


def decay_of(optimizer: Any, variable: Any) -> float:
    """Return the weight decay of a variable: Adam's, or that of a matrix."""
    by_muon = len(variable.shape) == 2 and not _excluded(optimizer, variable)
    return float((optimizer.weight_decay if by_muon else optimizer.adam_weight_decay) or 0.0)


@contextmanager
def listening(optimizer: Any, parameters: dict[int, str], found: dict[str, Any]) -> Iterator[None]:
    """Store each matrix on the way to an update for the duration of a `with` block.

    Keras transposes the matrix in each iteration, so it is taken from what is transposed. A matrix with more rows than
    columns is transposed before all iterations as well, and after them. It is stored as it was before that.
    """
    own = {name: getattr(optimizer, name) for name in ("_muon_update_step", "transpose_last_axis", ITERATION)}
    transposed: list[Any] = []

    def transpose(x: Any) -> Any:
        transposed.append(x)
        return own["transpose_last_axis"](x)

    def step(gradient: Any, variable: Any, *others: Any) -> None:
        P = parameters[key_of(variable)]

        def iterations(x: Any, steps: int) -> Any:
            transposed.clear()
            last = own[ITERATION](x, steps)
            is_tall = x.shape[0] > x.shape[1]
            before = [tf.transpose(X) for X in transposed[1:-1]] if is_tall else list(transposed)
            every = enumerate((*before, last))
            found.update({names.iterate(k, P): tf.identity(X) for k, X in every})
            return last

        with heard(optimizer, ITERATION, iterations):
            own["_muon_update_step"](gradient, variable, *others)

    with ExitStack() as stack:
        stack.enter_context(heard(optimizer, "transpose_last_axis", transpose))
        stack.enter_context(heard(optimizer, "_muon_update_step", step))
        yield
