"""Read the learning rate of an optimizer: a number, a schedule, or code of the person's own."""

from inspect import signature
from typing import Any

import keras

from reference.schedules import SCHEDULES, OwnRate, Schedule
from verify.capture.essay_model import to_numpy
from verify.capture.reader import VARIABLE, number
from verify.errors import Unsupported, Unusable


def learning_rate(optimizer: Any, dtype: str) -> float | Schedule | OwnRate:
    """Return the learning rate: a schedule, or the shortest decimal number that rounds to Keras's value.

    Any other class or function is code of the person's own.  Raises Unsupported for a schedule that does not end.
    """
    own = optimizer._learning_rate
    if isinstance(own, VARIABLE):
        value = to_numpy(own)
        return float(str(value)) if value.dtype == dtype else float(value)
    kinds = {getattr(keras.optimizers.schedules, kind.__name__): kind for kind in SCHEDULES.values()}
    if type(own) not in kinds:
        name = getattr(own, "__name__", type(own).__name__)
        _check_takes_nothing(own, name)
        return OwnRate("".join(c for c in str(name)[:80] if c.isprintable()))
    config = {k: v for k, v in own.get_config().items() if k != "name"}
    if config.get("warmup_target", 0) is None:  # Keras then takes no notice of its steps
        config["warmup_steps"] = 0
    elif not config.get("warmup_steps", 1):
        config["initial_learning_rate"], config["warmup_target"] = config["warmup_target"], 0
    try:
        schedule: Schedule = kinds[type(own)](**{k: _of_schedule(k, v) for k, v in config.items()})
    except (ValueError, TypeError) as error:
        raise Unsupported([(f"learning rate {type(own).__name__}", str(error))]) from error
    return schedule


def _of_schedule(name: str, value: Any) -> Any:
    """Return an option of a schedule: booleans as they are, others as floats. None becomes 0.  Raises ValueError."""
    if isinstance(value, list | tuple):
        return tuple(number(name, part) for part in value)
    return value if isinstance(value, bool) else number(name, 0.0 if value is None else value)


def _check_takes_nothing(own: Any, name: str) -> None:
    """Raise Unusable for a function as learning rate that needs arguments: Keras gives it none."""
    if isinstance(own, keras.optimizers.schedules.LearningRateSchedule) or not callable(own):
        return
    try:
        signature(own).bind()
    except TypeError as error:
        text = f"Keras calls {name} without arguments ({error}); for a rate that depends on the step use a schedule"
        raise Unusable(f"optimizer: learning_rate: {text}") from error
    except ValueError:  # a function without a signature, which Python cannot ask
        return
