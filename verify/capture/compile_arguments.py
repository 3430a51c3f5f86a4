"""Describe the loss and the optimizer that a model was compiled with, as the texts that settings contain."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields
from typing import Any

import keras

from reference.losses import SEPARATOR
from reference.notation import text_of
from reference.optimizers import kinds
from reference.schedules import SCHEDULES, OwnRate, Schedule
from verify.capture.essay_model import to_numpy
from verify.capture.losses import by_class
from verify.capture.optimizers import by_class as by_optimizer
from verify.capture.reader import VARIABLE, rounded
from verify.errors import Unsupported, Unusable

PLAIN: dict[str, Callable[[Any], Any]] = {"from_logits": bool, "label_smoothing": float}
MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")  # without sample weights they are equal
TAKEN = ("momentum", "nesterov", "beta_1", "beta_2", "epsilon", "amsgrad", "weight_decay", "clipnorm", "clipvalue",
         "global_clipnorm", "use_ema", "loss_scale_factor", "gradient_accumulation_steps")  # fmt: skip
OF_AVERAGE = ("ema_momentum", "ema_overwrite_frequency")
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
    functions = {keras.losses.get(kind.kind): keras_class for keras_class, kind in by_class().items()}
    return functions[own]() if isinstance(own, Hashable) and own in functions else own


def _described(own: Any, weight: float | None, dtype: str) -> str:
    """Return the description of one loss.  Raises Unsupported, naming everything that is not verified."""
    known = by_class()
    if type(own) not in known:
        name = getattr(own, "__name__", type(own).__name__)
        raise Unsupported([(f"loss {name}", f"By Hand knows {', '.join(kind.kind for kind in known.values())}")])
    kind = known[type(own)]
    config = own.get_config()
    problems = []
    if {**config, **getattr(own, "_fn_kwargs", {})}.get("axis", -1) != -1:
        problems.append("an axis other than the last")
    if config.get("ignore_class") is not None:
        problems.append("ignore_class")
    if config["reduction"] not in (*MEANS, "sum"):
        problems.append(f"reduction {config['reduction']}")
    for computes in sorted({str(own.dtype), keras.config.floatx()} - {dtype}):  # the sum is taken in Keras's floatx
        problems.append(f"a loss that computes in {computes} behind a model in {dtype} (keras.config.set_floatx)")
    try:
        names = {f.name for f in fields(kind)}  # type: ignore[arg-type]
        options: dict[str, Any] = {name: plain(config[name]) for name, plain in PLAIN.items() if name in names}
        if "epsilon" in names:
            options["epsilon"] = float(keras.config.epsilon())
        options["reduction"] = "sum" if config["reduction"] == "sum" else "mean"
        options["weight"] = 1.0 if weight is None else weight
        description = kind(**options)
    except ValueError as error:
        problems.append(str(error))
    if problems:
        raise Unsupported([(f"loss {kind.kind}", f"{text} is not verified") for text in problems])
    return str(description)


def optimizer_text(optimizer: Any, dtype: str, parameters: Mapping[str, Any]) -> str:
    """Return the description of a Keras optimizer. `parameters` has the model's, by name.

    Raises Unsupported, naming everything that is not verified; Unusable for a hyper-parameter that no step can use.
    """
    name = f"optimizer {type(optimizer).__name__}"
    if type(optimizer) not in by_optimizer():
        *most, last = sorted(known.__name__ for known in by_optimizer())
        raise Unsupported([(name, f"By Hand knows {', '.join(most)} and {last}")])
    kind = kinds()[by_optimizer()[type(optimizer)]]
    taken = (*TAKEN, *(OF_AVERAGE if optimizer.use_ema else ()))
    words = {word: _plain(getattr(optimizer, word)) for word in taken if word in {f.name for f in fields(kind)}}
    words |= {word: rounded(words[word], dtype) for word in CAST if word in words}
    rate = _learning_rate(optimizer, dtype)
    if optimizer.gradient_accumulation_steps and isinstance(rate, OwnRate):
        raise Unsupported(
            [(f"learning rate {rate.of}", "accumulating gradients with a rate of one's own is not verified")]
        )
    try:
        undecayed = _left_out_of_decay(optimizer, parameters) if words["weight_decay"] else ()
        return text_of(kind.name, kind(learning_rate=rate, undecayed=undecayed, **words))  # type: ignore[call-arg]
    except ValueError as error:
        raise Unusable(f"optimizer: {error}") from error


def _left_out_of_decay(optimizer: Any, parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the learned parameters that `exclude_from_weight_decay` leaves out.

    Keras asks this of TensorFlow's own variables, whose names differ from those of Keras's.
    """
    learned = ((P, variable.value) for P, variable in parameters.items() if variable.trainable)
    return tuple(P for P, variable in learned if not optimizer._use_weight_decay(variable))


def _plain(value: Any) -> Any:
    """Return a boolean as it is and any other value as a float. None, which means "not used", becomes 0."""
    return value if isinstance(value, bool) else float(value or 0.0)


def _learning_rate(optimizer: Any, dtype: str) -> float | Schedule | OwnRate:
    """Return the learning rate: a schedule, or the shortest decimal number that rounds to Keras's value.

    Any other class or function is code of the person's own.  Raises Unsupported for a schedule that does not end.
    """
    own = optimizer._learning_rate
    if isinstance(own, VARIABLE):
        number = to_numpy(own)
        return float(str(number)) if number.dtype == dtype else float(number)
    kinds = {getattr(keras.optimizers.schedules, kind.__name__): kind for kind in SCHEDULES.values()}
    if type(own) not in kinds:
        name = getattr(own, "__name__", type(own).__name__)
        return OwnRate("".join(c for c in str(name)[:80] if c.isprintable()))
    config = {k: v for k, v in own.get_config().items() if k != "name"}
    if config.get("warmup_target", 0) is None:  # Keras then takes no notice of its steps
        config["warmup_steps"] = 0
    elif not config.get("warmup_steps", 1):
        config["initial_learning_rate"], config["warmup_target"] = config["warmup_target"], 0
    words = {k: tuple(map(float, v)) if isinstance(v, list | tuple) else _plain(v) for k, v in config.items()}
    try:
        schedule: Schedule = kinds[type(own)](**words)
    except ValueError as error:
        raise Unsupported([(f"learning rate {type(own).__name__}", str(error))]) from error
    return schedule
