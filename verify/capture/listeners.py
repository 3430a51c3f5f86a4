"""Record what Keras's optimizer does in a step: listeners around its methods, which still do what they did."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import tensorflow as tf

from reference import tensor_names as names
from verify.capture.methods import heard, key_of
from verify.capture.optimizers import is_decayed, reader_of
from verify.capture.reader import VARIABLE, Tensors, beside_of
from verify.errors import Unusable


def slots_of(parameters: Tensors, computed: Collection[str]) -> Tensors:
    """Return variables in which a step stores what the optimizer does in some steps only, by tensor.

    `computed` names the tensors that a rule computes.
    """
    roles = (names.update, names.clipped, names.mean, names.decayed)
    every = {role(P): variable for P, variable in parameters.items() for role in roles}
    return {name: tf.Variable(tf.zeros_like(v.value)) for name, v in every.items() if name in computed}


def applied(optimizer: Any, parameters: Tensors, gradients: list[Any], slots: Tensors) -> Tensors:
    """Let the optimizer take its step, and return by name what it clipped, decayed and subtracted.

    `slots`: if gradients are accumulated, the optimizer acts in a branch of the step, which stores its tensors there. A
    step that only accumulates changes nothing: what it subtracts is 0.
    """
    parameter_of = {key_of(variable): P for P, variable in parameters.items()}
    found: Tensors = {}
    for name, slot in slots.items():
        is_decayed = names.is_state(name, "decayed")
        slot.assign(parameters[names.base_of(name)].value if is_decayed else tf.zeros_like(slot))
    with ExitStack() as stack:
        for method, listen in LISTENERS.items():
            into = Slots(slots) if slots and method not in OUTSIDE else found
            stack.enter_context(listen(optimizer, method, parameter_of, into))
        if listening := getattr(reader_of(optimizer), "listening", None):
            stack.enter_context(listening(optimizer, parameter_of, found))
        for P, variable in parameters.items():
            stack.enter_context(_constrained(variable, P, found))
        optimizer.apply(gradients, list(parameters.values()))
    return found | {name: tf.identity(slot) for name, slot in slots.items()}


class Slots(dict[str, Any]):
    """A dictionary whose tensors are stored in variables; a tensor without a variable is not stored."""

    def __setitem__(self, name: str, tensor: Any) -> None:
        if name in self:
            self[name].assign(tensor)

    def update(self, tensors: Mapping[str, Any]) -> None:  # type: ignore[override]
        """Store several tensors."""
        for name, tensor in tensors.items():
            self[name] = tensor


def _decays(optimizer: Any, variable: Any) -> bool:
    """Return whether weight decay changes a variable."""
    decay_of = getattr(reader_of(optimizer), "decay_of", lambda optimizer, _: optimizer.weight_decay)
    return bool(decay_of(optimizer, variable)) and is_decayed(optimizer, variable)


def _subtracted(optimizer: Any, method: str, parameters: dict[int, str], found: Tensors) -> Any:
    """Listen to the method that subtracts from (or adds to) a variable; store what is subtracted as update_P.

    What is added is stored with the other sign.
    """
    own, sign = getattr(optimizer, method), {"assign_sub": 1, "assign_add": -1}[method]

    def listen(variable: Any, value: Any) -> None:
        P = parameters.get(key_of(variable))
        if P is not None:
            value_of = value.value if isinstance(value, VARIABLE) else value
            change = tf.identity(tf.convert_to_tensor(value_of))  # an embedding's rows are added up
            found[names.update(P)] = change if sign > 0 else -change
        own(variable, value)

    return heard(optimizer, method, listen)


def _clipped(optimizer: Any, method: str, parameters: dict[int, str], found: Tensors) -> Any:
    """Listen to the method that clips; store the clipped gradients as clipped_P if the optimizer clips.

    They are computed from copies, because reading the step's own would prevent its constant folding.
    """
    own, clips = getattr(optimizer, method), optimizer.clipnorm or optimizer.clipvalue or optimizer.global_clipnorm

    def listen(gradients: Any) -> Any:
        if optimizer.gradient_accumulation_steps:
            means = map(tf.convert_to_tensor, gradients)
            found.update({names.mean(P): g for P, g in zip(parameters.values(), means, strict=True)})
        if clips:
            clipped = map(tf.convert_to_tensor, own([beside_of(g) for g in gradients]))
            found.update({names.clipped(P): g for P, g in zip(parameters.values(), clipped, strict=True)})
        return own(gradients)

    return heard(optimizer, method, listen)


def _decayed(optimizer: Any, method: str, parameters: dict[int, str], found: Tensors) -> Any:
    """Listen to the method that decays weights; store them as P_decayed if the optimizer decays."""
    own = getattr(optimizer, method)

    def listen(variables: Any) -> None:
        own(variables)
        decayed = [v for v in variables if _decays(optimizer, v)]
        values = ((parameters[key_of(v)], v.value if isinstance(v, VARIABLE) else v) for v in decayed)
        found.update({names.decayed(P): tf.identity(value) for P, value in values})

    return heard(optimizer, method, listen)


def _rated(optimizer: Any, method: str, parameters: dict[int, str], found: Tensors) -> Any:
    """Listen to the method that takes all updates; store the learning rate that it is given as alpha.

    Raises Unusable if that is not a single number.
    """
    own = getattr(optimizer, method)

    def listen(gradients: Any, variables: Any, learning_rate: Any) -> None:
        if learning_rate is None:
            raise Unusable("learning rate: it must be a single number, and is None")
        rate = tf.convert_to_tensor(learning_rate.value if isinstance(learning_rate, VARIABLE) else learning_rate)
        if rate.shape != () or not (rate.dtype.is_floating or rate.dtype.is_integer):
            what = f"{rate.dtype.name} of shape {list(rate.shape)}"
            raise Unusable(f"learning rate: it must be a single number, and is {what}")
        found["alpha"] = tf.cast(rate, variables[0].dtype)
        own(gradients, variables, learning_rate)

    return heard(optimizer, method, listen)


def _unscaled(optimizer: Any, method: str, parameters: dict[int, str], found: Tensors) -> Any:
    """Listen to the method that is handed the gradients; store them as unscaled_P if the loss is scaled."""
    own = getattr(optimizer, method)

    def listen(gradients: Any, variables: Any) -> None:
        if optimizer.loss_scale_factor:
            of = [parameters[key_of(v)] for v in variables]
            found.update({names.unscaled(P): tf.identity(g) for P, g in zip(of, gradients, strict=True)})
        own(gradients, variables)

    return heard(optimizer, method, listen)


def _updated(optimizer: Any, method: str, parameters: dict[int, str], found: Tensors) -> Any:
    """Listen to the method that averages the weights; store these as P_updated if the average may overwrite them."""
    own = getattr(optimizer, method)

    def listen(variables: Any) -> None:
        if optimizer.ema_overwrite_frequency:
            found.update({names.updated(parameters[key_of(v)]): tf.identity(v.value) for v in variables})
        own(variables)

    return heard(optimizer, method, listen)


@contextmanager
def _constrained(variable: Any, P: str, found: Tensors) -> Iterator[None]:
    """Listen to the constraint of a variable, if it has one; store what the constraint reads as P_updated."""
    own = variable.constraint

    def listen(value: Any) -> Any:
        found[names.updated(P)] = tf.identity(
            tf.convert_to_tensor(value.value if isinstance(value, VARIABLE) else value)
        )
        return own(value)

    variable.constraint = own and listen
    try:
        yield
    finally:
        variable.constraint = own


OUTSIDE = ("_backend_apply_gradients", "_update_model_variables_moving_average")  # of the branch that moves the weights
LISTENERS: dict[str, Callable[..., Any]] = {
    "assign_sub": _subtracted,
    "assign_add": _subtracted,
    "_clip_gradients": _clipped,
    "_apply_weight_decay": _decayed,
    "_backend_update_step": _rated,
    "_backend_apply_gradients": _unscaled,
    "_update_model_variables_moving_average": _updated,
}
