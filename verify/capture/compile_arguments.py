"""Describe the loss and the optimizer that a model was compiled with, as the texts that settings contain."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from functools import partial
from inspect import isfunction
from typing import Any

import keras
import numpy as np

from reference.losses import SEPARATOR
from reference.losses import kinds as losses
from reference.notation import text_of
from reference.optimizers import kinds
from reference.schedules import OwnRate
from verify.capture.learning_rate import learning_rate
from verify.capture.losses import by_class
from verify.capture.optimizers import by_class as by_optimizer
from verify.capture.optimizers import is_decayed, reader_of
from verify.capture.reader import UNKNOWN, number, rounded
from verify.errors import Unsupported, Unusable

LAST = (None, -1, (-1,))  # axes of a loss of the whole batch, or of the last axis
OWN_FUNCTION = "it is a function of your own, of which By Hand has no equation; pass a loss of Keras's itself"
TRUTHS = ("from_logits", "apply_class_balancing")  # options of losses that are True or False
OF_A_STEP = ("reduction", "weight", "epsilon")  # fields of a loss that are not among Keras's options of it
REDUCTIONS = {"sum_over_batch_size": "mean", "mean": "mean", "mean_with_sample_weight": "weighted_mean", "sum": "sum"}
NOT_OPTIONS = ("learning_rate", "undecayed")  # fields of an optimizer that are found in other ways
OF_AVERAGE = ("ema_momentum", "ema_overwrite_frequency")
WHOLE, CLIPS = ("ema_overwrite_frequency", "gradient_accumulation_steps"), ("clipnorm", "clipvalue", "global_clipnorm")
DECAYS = "weight_decay", "adam_weight_decay"
MAY_BE_NONE = (*WHOLE, *CLIPS, *DECAYS, "loss_scale_factor", "rms_rate")  # options that need not be used


def loss_text(model: Any, names: tuple[str, ...], dtype: str) -> str:
    """Return the description of the loss of each output that a model was compiled with, including its weight.

    `names` are Keras's names of the outputs. Raises Unsupported, naming everything that is not verified.
    """
    losses, problems = [], []
    for place, (loss, weight) in enumerate(losses_of(model, names)):
        try:
            losses.append(_described(loss, weight, dtype))
        except Unsupported as error:
            where = "" if len(names) == 1 else f" of the output {names[place]}"
            problems += [(what + where, why) for what, why in error.rows]
    if problems:
        raise Unsupported(problems)
    return SEPARATOR.join(losses)


def losses_of(model: Any, names: tuple[str, ...]) -> list[tuple[Any, float | None]]:
    """Return the loss that Keras computes of each output, and the number that it is multiplied by.

    Raises Unsupported if an output has none, and Unusable for an unknown name.
    """
    every = _of_each(getattr(model._compile_loss, "_user_loss", model.loss), names, "loss")
    weights = _of_each(getattr(model._compile_loss, "_user_loss_weights", None), names, "loss_weights")
    for name, loss in zip(names, every, strict=True):
        if loss is None:
            raise Unsupported([(f"output {name}", "it has no loss; a loss for each output is verified")])
    _check_weights(model, names, weights)
    return [
        (_loss(loss), None if weight is None else float(weight)) for loss, weight in zip(every, weights, strict=True)
    ]


def _check_weights(model: Any, names: tuple[str, ...], weights: list[Any]) -> None:
    """Raise Unusable for loss weights with which Keras cannot compute, and Unsupported if it computes with others."""
    if any(weight is not None and not isinstance(weight, int | float | np.number) for weight in weights):
        raise Unusable(f"loss_weights: numbers are needed, not {weights}")
    if len(weights) > 1 and any(weight is not None for weight in weights) and not isinstance(model.loss, list | dict):
        raise Unusable(
            f"loss_weights: with one loss for all {len(weights)} outputs Keras takes none; name a loss for each"
        )
    own = model._compile_loss
    used = {path[-1] if path else 0: weight for path, _, weight, _ in getattr(own, "_flat_losses", None) or ()}
    every = enumerate(zip(names, weights, strict=True))
    if used and any(used.get(name, used.get(k)) != weight for k, (name, weight) in every):
        text = "they were changed after the first step, and Keras computes with the old ones; compile the model again"
        raise Unsupported([("loss_weights", text)])


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
    """Return Keras's object of a loss: a name, a class or a function of Keras's becomes one.  Raises Unusable."""
    named = isinstance(loss, str) or (isinstance(loss, type) and loss in by_class())
    try:
        own = keras.losses.get(loss) if named else loss
    except ValueError as error:
        raise Unusable(f"loss: {not_known(loss, losses())}") from error
    function, options = (own.func, own.keywords) if isinstance(own, partial) and not own.args else (own, {})
    functions = {getattr(keras.losses, kind.kind): keras_class for keras_class, kind in by_class().items()}
    if not isinstance(function, Hashable) or function not in functions:
        return own
    try:
        return functions[function](**options)
    except TypeError as error:
        raise Unusable(f"loss: {error}") from error


def not_known(name: Any, verified: Iterable[str]) -> str:
    """Return that Keras knows no loss or optimizer of this name, and which of the verified ones has a similar one."""
    similar = get_close_matches(str(name).lower(), verified, 1)
    return f"Keras knows none called {name!a}" + (f"; did you mean {similar[0]!a}?" if similar else "")


def _described(own: Any, weight: float | None, dtype: str) -> str:
    """Return the description of one loss.  Raises Unsupported, naming everything that is not verified."""
    known = by_class()
    if type(own) not in known:
        name = getattr(own, "__name__", type(own).__name__)
        raise Unsupported([(f"loss {name}", OWN_FUNCTION if isfunction(own) else UNKNOWN)])
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
    if config["reduction"] not in REDUCTIONS:
        problems.append(f"reduction {config['reduction']} is not verified; a mean or a sum is")
    for computes in sorted({str(own.dtype), keras.config.floatx()} - {dtype}):  # the sum is taken in Keras's floatx
        text = f"a loss that computes in {computes} behind a model in {dtype} is not verified (keras.config.set_floatx)"
        problems.append(text)
    try:
        options: dict[str, Any] = {name: _option(name, config[name]) for name in names.difference(OF_A_STEP)}
        if "epsilon" in names:
            options["epsilon"] = float(keras.config.epsilon())
        options["reduction"] = REDUCTIONS.get(config["reduction"], "mean")
        options["weight"] = 1.0 if weight is None else weight
        description = kind(**options)
    except (ValueError, TypeError) as error:
        problems.append(str(error))
    if problems:
        raise Unsupported([(f"loss {kind.kind}", text) for text in problems])
    return str(description)


def _option(name: str, value: Any) -> Any:
    """Return an option of a loss as it is stored: a number as a float, True and False as they are.

    Raises ValueError if it is neither, nor several numbers.
    """
    return value if isinstance(value, bool) or name in TRUTHS or np.ndim(value) else number(name, value)


def optimizer_text(optimizer: Any, dtype: str, parameters: Mapping[str, Any]) -> str:
    """Return the description of a Keras optimizer. `parameters` has the model's, by name.

    Raises Unsupported, naming everything that is not verified; Unusable for a hyper-parameter that no step can use.
    """
    name = f"optimizer {type(optimizer).__name__}"
    if type(optimizer) not in by_optimizer():
        raise Unsupported([(name, UNKNOWN)])
    kind, reader = kinds()[by_optimizer()[type(optimizer)]], reader_of(optimizer)
    without = (*NOT_OPTIONS, *(() if optimizer.use_ema else OF_AVERAGE))
    options = [f.name for f in fields(kind) if f.name not in without and hasattr(optimizer, f.name)]
    words = {word: _hyper_parameter(word, getattr(optimizer, word)) for word in options}
    cast = ("weight_decay", *getattr(reader, "CAST", ()))
    words |= {word: rounded(words[word], dtype) for word in cast}
    words |= getattr(reader, "of_parameters", lambda *_: {})(optimizer, parameters)
    rate = learning_rate(optimizer, dtype)
    accumulates = optimizer.gradient_accumulation_steps
    if accumulates and isinstance(rate, OwnRate):
        why = "accumulating gradients with a rate of one's own is not verified"
        raise Unsupported([(f"learning rate {rate.of}", why)])
    if accumulates and not getattr(reader, "ACCUMULATES", True):
        raise Unsupported([(name, "accumulating gradients with it is not verified (gradient_accumulation_steps)")])
    try:
        decays = words["weight_decay"] or words.get("adam_weight_decay")
        undecayed = _left_out_of_decay(optimizer, parameters) if decays else ()
        return text_of(kind.name, kind(learning_rate=rate, undecayed=undecayed, **words))  # type: ignore[call-arg]
    except ValueError as error:
        raise Unusable(f"optimizer: {error}") from error


def _left_out_of_decay(optimizer: Any, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the learned parameters that `exclude_from_weight_decay` leaves out."""
    learned = ((P, variable) for P, variable in parameters.items() if variable.trainable)
    return tuple(P for P, variable in learned if not is_decayed(optimizer, variable))


def _hyper_parameter(name: str, value: Any) -> Any:
    """Return an option of an optimizer: a boolean as it is, another as a float; None becomes 0 where it is "not used".

    Raises Unusable for what is no number, and Unsupported for numbers with which Keras does nothing, or computes NaN.
    """
    if isinstance(value, bool) or (value is None and name in MAY_BE_NONE):
        return value or 0.0 if name in MAY_BE_NONE else value
    try:
        x = number(name, value)
    except ValueError as error:
        raise Unusable(f"optimizer: {error}") from error
    if name in WHOLE and x % 1 != 0:
        raise Unusable(f"optimizer: {name} must be a whole number, not {value!r}")
    if name in CLIPS and x < 0:
        raise Unsupported([(f"optimizer {name}", f"Keras does not clip by {x:g}; a limit above 0 is verified")])
    if name == "loss_scale_factor" and x == 0:
        raise Unsupported([(f"optimizer {name}", "Keras divides by 0; a factor other than 0 is verified")])
    return x
