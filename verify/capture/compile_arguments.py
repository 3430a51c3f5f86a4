"""Describe the loss and the optimizer that a model was compiled with, as the texts that settings contain."""

from collections.abc import Hashable
from dataclasses import fields
from functools import partial
from typing import Any

import keras
import numpy as np

from reference.losses import SEPARATOR
from reference.notation import text_of
from reference.optimizers import kinds
from reference.schedules import SCHEDULES, Schedule
from verify.capture.essay_model import to_numpy
from verify.capture.losses import by_class
from verify.capture.optimizers import by_class as by_optimizer
from verify.capture.reader import VARIABLE, rounded
from verify.errors import Unsupported, Unusable

LAST = (None, -1, 1, (-1,), (1,))  # axes of a loss of the whole batch, or of the last axis of a row an example
OF_A_STEP = ("reduction", "weight", "epsilon")  # fields of a loss that are not among Keras's options of it
MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")  # without sample weights they are equal
NOT_VERIFIED = {
    "use_ema": "averages of the weights",
    "gradient_accumulation_steps": "accumulated gradients",
    "loss_scale_factor": "loss scaling",
}
TAKEN = ("momentum", "nesterov", "beta_1", "beta_2", "epsilon", "amsgrad", "weight_decay", "clipnorm", "clipvalue",
         "global_clipnorm")  # fmt: skip
CAST = ("momentum", "weight_decay")  # Keras casts these to the dtype of the variables


def loss_text(model: Any, names: tuple[str, ...], dtype: str) -> str:
    """Return the description of the loss of each output that a model was compiled with, including its weight.

    `names` are Keras's names of the outputs. Raises Unsupported, naming everything that is not verified.
    """
    losses, problems = [], []
    for number, (loss, weight) in enumerate(losses_of(model, names)):
        try:
            losses.append(_described(loss, weight, dtype))
        except Unsupported as error:
            where = "" if len(names) == 1 else f" of the output {names[number]}"
            problems += [(what + where, why) for what, why in error.rows]
    if problems:
        raise Unsupported(problems)
    return SEPARATOR.join(losses)


def losses_of(model: Any, names: tuple[str, ...]) -> list[tuple[Any, float | None]]:
    """Return the loss that Keras computes of each output, and the number that it is multiplied by.

    Raises Unsupported if an output has none, and Unusable for an unknown name.
    """
    every = _of_each(model.loss, names, "loss")
    weights = _of_each(getattr(model._compile_loss, "_user_loss_weights", None), names, "loss_weights")
    for name, loss in zip(names, every, strict=True):
        if loss is None:
            raise Unsupported([(f"output {name}", "it has no loss; a loss for each output is verified")])
    return [
        (_loss(loss), None if weight is None else float(weight)) for loss, weight in zip(every, weights, strict=True)
    ]


def _of_each(value: Any, names: tuple[str, ...], what: str) -> list[Any]:
    """Return what `compile` was given for each output: one for all, a list, or a dictionary by name."""
    if isinstance(value, dict):
        if set(value) != set(names):
            raise Unsupported(
                [(what, f"one for each of {', '.join(names)} is verified, not {', '.join(map(str, value))}")]
            )
        return [value[name] for name in names]
    if isinstance(value, list | tuple):
        if len(value) != len(names):
            raise Unsupported([(what, f"one for each of {len(names)} outputs is verified, not {len(value)}")])
        return list(value)
    return [value] * len(names)


def _loss(loss: Any) -> Any:
    """Return Keras's object of a loss: a name or a function of Keras's becomes one.  Raises Unusable, Unsupported."""
    try:
        own = keras.losses.get(loss) if isinstance(loss, str) else loss
    except ValueError as error:
        raise Unusable(f"loss: Keras knows none called {loss!a}") from error
    function, options = (own.func, own.keywords) if isinstance(own, partial) and not own.args else (own, {})
    functions = {getattr(keras.losses, kind.kind): keras_class for keras_class, kind in by_class().items()}
    if not isinstance(function, Hashable) or function not in functions:
        return own
    try:
        return functions[function](**options)
    except TypeError as error:
        raise Unusable(f"loss: {error}") from error


def _described(own: Any, weight: float | None, dtype: str) -> str:
    """Return the description of one loss.  Raises Unsupported, naming everything that is not verified."""
    known = by_class()
    if type(own) not in known:
        name = getattr(own, "__name__", type(own).__name__)
        raise Unsupported([(f"loss {name}", f"By Hand knows {', '.join(kind.kind for kind in known.values())}")])
    kind = known[type(own)]
    config = {**own.get_config(), **getattr(own, "_fn_kwargs", {})}
    problems = []
    names = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    if "per_example" in names:
        config["per_example"] = config["axis"] is not None
    if config.get("axis", -1) not in (LAST if "per_example" in names else (-1,)):
        problems.append("an axis other than the last is not verified")
    if config.get("ignore_class") is not None:
        problems.append("ignore_class is not verified; a loss in which every label counts is")
    if config["reduction"] not in (*MEANS, "sum"):
        problems.append(f"reduction {config['reduction']} is not verified; a mean or a sum is")
    for computes in sorted({str(own.dtype), keras.config.floatx()} - {dtype}):  # the sum is taken in Keras's floatx
        text = f"a loss that computes in {computes} behind a model in {dtype} is not verified (keras.config.set_floatx)"
        problems.append(text)
    try:
        options: dict[str, Any] = {name: _option(config[name]) for name in names.difference(OF_A_STEP)}
        if "epsilon" in names:
            options["epsilon"] = float(keras.config.epsilon())
        options["reduction"] = "sum" if config["reduction"] == "sum" else "mean"
        options["weight"] = 1.0 if weight is None else weight
        description = kind(**options)
    except (ValueError, TypeError) as error:
        problems.append(str(error))
    if problems:
        raise Unsupported([(f"loss {kind.kind}", text) for text in problems])
    return str(description)


def _option(value: Any) -> Any:
    """Return an option of a loss as it is stored: a number as a float, and anything else as it is."""
    return value if isinstance(value, bool) or np.ndim(value) else float(value)


def optimizer_text(optimizer: Any, dtype: str) -> str:
    """Return the description of a Keras optimizer.

    Raises Unsupported, naming everything that is not verified; Unusable for a hyper-parameter that no step can use.
    """
    name = f"optimizer {type(optimizer).__name__}"
    if type(optimizer) not in by_optimizer():
        *most, last = sorted(known.__name__ for known in by_optimizer())
        raise Unsupported([(name, f"By Hand knows {', '.join(most)} and {last}")])
    problems = [(name, f"{text} ({what})") for what, text in NOT_VERIFIED.items() if getattr(optimizer, what, None)]
    left_out = getattr(optimizer, "_exclude_from_weight_decay", None)
    if left_out or getattr(optimizer, "_exclude_from_weight_decay_pattern", None):
        problems.append((name, "weight decay of some variables only"))
    kind = kinds()[by_optimizer()[type(optimizer)]]
    words = {word: _plain(getattr(optimizer, word)) for word in TAKEN if word in {f.name for f in fields(kind)}}  # type: ignore[arg-type]
    words |= {word: rounded(words[word], dtype) for word in CAST if word in words}
    try:
        rate = _learning_rate(optimizer, dtype)
    except Unsupported as error:
        problems += error.rows
    if problems:
        raise Unsupported(problems)
    try:
        return text_of(kind.name, kind(learning_rate=rate, **words))  # type: ignore[call-arg]
    except ValueError as error:
        raise Unusable(f"optimizer: {error}") from error


def _plain(value: Any) -> Any:
    """Return a boolean as it is and any other value as a float. None, which means "not used", becomes 0."""
    return value if isinstance(value, bool) else float(value or 0.0)


def _learning_rate(optimizer: Any, dtype: str) -> float | Schedule:
    """Return the learning rate: a schedule, or the shortest decimal number that rounds to Keras's value.

    Raises Unsupported for an unknown schedule.
    """
    own = optimizer._learning_rate
    if isinstance(own, VARIABLE):
        number = to_numpy(own)
        return float(str(number)) if number.dtype == dtype else float(number)
    kinds = {getattr(keras.optimizers.schedules, kind.__name__): kind for kind in SCHEDULES.values()}
    if type(own) not in kinds:
        known = ", ".join(kind.__name__ for kind in kinds.values())
        raise Unsupported([(f"learning rate {type(own).__name__}", f"By Hand knows numbers and {known}")])
    config = {k: v for k, v in own.get_config().items() if k != "name"}
    if config.pop("cycle", False):
        raise Unsupported([("learning rate PolynomialDecay", "cycle=True is not verified")])
    words = {k: tuple(map(float, v)) if isinstance(v, list | tuple) else _plain(v) for k, v in config.items()}
    schedule: Schedule = kinds[type(own)](**words)
    return schedule
