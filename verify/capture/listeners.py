"""Record what Keras's optimizer does in a step: listeners around its methods, which still do what they did."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import tensorflow as tf

from reference import tensor_names as names
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
    parameter_of = {_key(variable): P for P, variable in parameters.items()}
    found: Tensors = {}
    for name, slot in slots.items():
        is_decayed = names.is_state(name, "decayed")
        slot.assign(parameters[names.base_of(name)].value if is_decayed else tf.zeros_like(slot))
    with ExitStack() as stack:
        for method, listen in LISTENERS.items():
            into = Slots(slots) if slots and method not in OUTSIDE else found
            stack.enter_context(listen(optimizer, method, parameter_of, into))
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
    return bool(optimizer.weight_decay) and bool(optimizer._use_weight_decay(variable.value))


def _key(variable: Any) -> int:
    """Return the identity of TensorFlow's variable, given it or Keras's variable around it."""
    return id(variable.value if isinstance(variable, VARIABLE) else variable)


@contextmanager
def _heard(optimizer: Any, method: str, listen: Callable[..., Any]) -> Iterator[None]:
    """Replace a method of the optimizer by a listener for the duration of a `with` block."""
    replaced = vars(optimizer).get(method)  # a method of the user's own on the object
    setattr(optimizer, method, listen)
    try:
        yield
    finally:
        if replaced is None:
            delattr(optimizer, method)
        else:
            setattr(optimizer, method, replaced)


def _subtracted(optimizer: Any, method: str, parameters: dict[int, str], found: Tensors) -> Any:
    """Listen to the method that subtracts from (or adds to) a variable; store what is subtracted as update_P.

    What is added is stored with the other sign.
    """
    own, sign = getattr(optimizer, method), {"assign_sub": 1, "assign_add": -1}[method]

    def listen(variable: Any, value: Any) -> None:
        P = parameters.get(_key(variable))
        if P is not None:
            value_of = value.value if isinstance(value, VARIABLE) else value
            change = tf.identity(tf.convert_to_tensor(value_of))  # an embedding's rows are added up
            found[names.update(P)] = change if sign > 0 else -change
        own(variable, value)

    return _heard(optimizer, method, listen)


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

    return _heard(optimizer, method, listen)


def _decayed(optimizer: Any, method: str, parameters: dict[int, str], found: Tensors) -> Any:
    """Listen to the method that decays weights; store them as P_decayed if the optimizer decays."""
    own = getattr(optimizer, method)

    def listen(variables: Any) -> None:
        own(variables)
        decayed = [v for v in variables if _decays(optimizer, v)]
        values = ((parameters[_key(v)], v.value if isinstance(v, VARIABLE) else v) for v in decayed)
        found.update({names.decayed(P): tf.identity(value) for P, value in values})

    return _heard(optimizer, method, listen)


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

    return _heard(optimizer, method, listen)


def _unscaled(optimizer: Any, method: str, parameters: dict[int, str], found: Tensors) -> Any:
    """Listen to the method that is handed the gradients; store them as unscaled_P if the loss is scaled."""
    own = getattr(optimizer, method)

    def listen(gradients: Any, variables: Any) -> None:
        if optimizer.loss_scale_factor:
            found.update(
                {names.unscaled(parameters[_key(v)]): tf.identity(g) for g, v in zip(gradients, variables, strict=True)}
            )
        own(gradients, variables)

    return _heard(optimizer, method, listen)


def _updated(optimizer: Any, method: str, parameters: dict[int, str], found: Tensors) -> Any:
    """Listen to the method that averages the weights; store these as P_updated if the average may overwrite them."""
    own = getattr(optimizer, method)

    def listen(variables: Any) -> None:
        if optimizer.ema_overwrite_frequency:
            found.update({names.updated(parameters[_key(v)]): tf.identity(v.value) for v in variables})
        own(variables)

    return _heard(optimizer, method, listen)


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
