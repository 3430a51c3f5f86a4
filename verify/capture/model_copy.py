"""Copy a user's model. By Hand verifies the copy, so that the model itself does not change by a bit."""

import json
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import keras

from verify.capture.compile_arguments import loss_text, optimizer_text
from verify.capture.essay_model import parameters
from verify.capture.model_reader import understand
from verify.errors import Unusable

KEPT = 4  # the most copies kept: checking an equal model again needs no compilation


@dataclass(frozen=True)
class ModelCopy:
    """A compiled copy of a model, and the steps that were compiled for it."""

    model: Any
    dtype: str
    steps: dict[Any, Any] = field(default_factory=dict)


_twins: OrderedDict[str, ModelCopy] = OrderedDict()


def load_model(path: str, safe: bool) -> Any:
    """Return a model from a .keras or .h5 file; `safe` refuses to run code from the file.  Raises what Keras raises."""
    return keras.models.load_model(path, safe_mode=safe)


def twin(model: Any, optimizer: Any = None, loss: Any = None) -> ModelCopy:
    """Return a compiled copy with the same weights, and with the optimizer's state unless another optimizer is named.

    Raises Unusable if there is no optimizer or loss; Unsupported for what By Hand does not know.
    """
    dtype = understand(model).dtype
    compiled = getattr(model, "compiled", False)
    own = _optimizer(optimizer) or (model.optimizer if compiled else None)
    cost = loss if loss is not None else (model.loss if compiled else None)
    for name, value in (("optimizer", own), ("loss", cost)):
        if value is None:
            raise Unusable(f"{name}: the model is not compiled; compile it, or name {name}=")
    if isinstance(cost, dict | list | tuple):
        raise Unusable("loss: one loss for the one output is verified, not a collection of them")
    options = {name: getattr(model, name) if compiled else default for name, default in HOW.items()}
    copy = _copy(model, own, cost, options, dtype)
    loss_text(copy.model.loss, dtype)  # these two raise Unsupported before anything else happens
    optimizer_text(copy.model.optimizer, dtype)
    copy.model.set_weights(model.get_weights())
    _continue(copy.model, model, own)
    return copy


HOW = {"jit_compile": "auto", "run_eagerly": False}  # Keras's defaults of `compile`


def _optimizer(optimizer: Any) -> Any:
    """Return Keras's optimizer of this name, or None for None.  Raises Unusable for an unknown name."""
    try:
        return keras.optimizers.get(optimizer) if optimizer is not None else None
    except ValueError as error:
        raise Unusable(f"optimizer: Keras knows none called {optimizer!a}") from error


def _copy(model: Any, optimizer: Any, loss: Any, options: dict[str, Any], dtype: str) -> ModelCopy:
    """Return a compiled copy, reusing a recent one of an equal model.  Raises Unusable if Keras cannot copy it."""
    try:
        cost = keras.losses.get(loss)
        described = [model.get_config(), keras.optimizers.serialize(optimizer), keras.losses.serialize(cost), options]
        key = json.dumps([*described, dtype, keras.config.floatx()], default=repr, sort_keys=True)
    except (ValueError, TypeError) as error:
        raise Unusable(f"model: it cannot be copied ({str(error).splitlines()[0][:200]})") from error
    if key in _twins:
        _twins.move_to_end(key)
        return _twins[key]
    copy = keras.models.clone_model(model)
    copy.compile(optimizer=type(optimizer).from_config(optimizer.get_config()), loss=cost, **options)
    copy.optimizer.build(copy.trainable_variables)
    _twins[key] = ModelCopy(copy, dtype)
    while len(_twins) > KEPT:
        _twins.popitem(last=False)
    return _twins[key]


def _continue(copy: Any, model: Any, optimizer: Any) -> None:
    """Give the copy's optimizer the state of `optimizer` if the model has trained with it; otherwise reset it.

    Raises Unusable if the copy has trainable variables other than weights and biases of Dense layers.
    """
    ours, theirs = copy.optimizer.variables, optimizer.variables
    started = optimizer is getattr(model, "optimizer", None) and len(ours) == len(theirs)
    for variable, other in zip(ours, theirs, strict=False) if started else ():
        variable.assign(other)
    if not started:
        rate = copy.optimizer._learning_rate
        for variable in ours:
            if variable is not rate:
                variable.assign(keras.ops.zeros_like(variable))
    if len(parameters(copy)) != len(copy.trainable_variables):
        raise Unusable("model: it has trainable variables beside the weights and biases of its Dense layers")
