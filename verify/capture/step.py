"""One pass or one training step, compiled, that hands out every tensor by the essay's name.

Each Dense layer is called with a linear activation, which gives Z, and its own activation is applied to that, which
gives A; one gradient tape gives every gradient; the optimizer's own methods are listened to for what is clipped,
decayed and subtracted. Keras's own layers, loss and optimizer do all the computing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from inspect import signature
from typing import Any

import tensorflow as tf

from reference import tensor_names as names
from reference.network import Network
from reference.rules import rules
from verify.capture.compile_arguments import loss_text, optimizer_text
from verify.capture.essay_model import moments as moments_of
from verify.capture.essay_model import parameters as parameters_of
from verify.capture.layers import fused
from verify.capture.layers.dense import BESIDE
from verify.capture.model_reader import Understood, understand
from verify.capture.reader import VARIABLE, Tensors, beside_of
from verify.records.settings import OPTIMIZERS


def _pass(understood: Understood, X: Any, found: Tensors, training: bool) -> Any:
    """Through all layers, keeping every tensor by name; returns the prediction."""
    A = X
    for stage in understood.stages:
        A = stage.reader.run(stage.layer, stage.gives, A, found, training)
    return A


def _handed_out(network: Network, found: Tensors) -> Tensors:
    """What the pass is seen by: for a fused activation the Z beside it, else the step would be kept from fusing."""
    beside = {place.reads for layer, place in network.places if layer.kind in fused()}
    return {
        name: found[name + BESIDE] if name in beside else tensor
        for name, tensor in found.items() if not name.endswith(BESIDE)
    }  # fmt: skip


def forward(model: Any, understood: Understood | None = None) -> Callable[[Any, Any], Tensors]:
    """A function of one batch, X and y, that does what `predict_on_batch` does."""
    known = understood or understand(model)

    def step(X: Any, y: Any) -> Tensors:
        found: Tensors = {P: tf.identity(variable.value) for P, variable in parameters_of(model).items()}
        inner: Tensors = {}
        prediction = _pass(known, X, inner, training=False)
        found |= _handed_out(known.network, inner)
        found["C"] = _cost(model, X, y, prediction, training=False)
        return found

    return _compiled(model, step)


def training(model: Any, understood: Understood | None = None) -> Callable[[Any, Any], Tensors]:
    """A function of one batch, X and y, that does what `train_on_batch` does."""
    known = understood or understand(model)
    parameters = parameters_of(model)
    moments = moments_of(model, parameters)
    cost, optimizer = loss_text(model.loss, known.dtype), OPTIMIZERS[optimizer_text(model.optimizer, known.dtype)]
    plan = rules(known.network, cost, optimizer)
    named = [names.read(rule.tensor) for rule in plan if rule.phase == "backward"]
    slopes = [name.base for name in named if name.base not in parameters]

    def step(X: Any, y: Any) -> Tensors:
        found: Tensors = {P: tf.identity(variable.value) for P, variable in parameters.items()}
        found |= {names.before(name): tf.identity(variable.value) for name, variable in moments.items()}
        inner: Tensors = {}
        with tf.GradientTape() as tape:
            prediction = _pass(known, X, inner, training=True)
            C = _cost(model, X, y, prediction, training=True)
        wanted = {name: inner[name] for name in slopes} | {P: v.value for P, v in parameters.items()}
        gradients = tape.gradient(C, wanted)
        found |= (
            _handed_out(known.network, inner) | {"C": C} | {names.gradient(name): gradients[name] for name in wanted}
        )
        if callable(optimizer.learning_rate):
            found["alpha"] = tf.cast(model.optimizer.learning_rate, C.dtype)
        found |= _applied(model.optimizer, parameters, [gradients[P] for P in parameters])
        found |= {name: tf.identity(variable.value) for name, variable in moments.items()}
        found |= {names.new(P): tf.identity(variable.value) for P, variable in parameters.items()}
        return found

    return _compiled(model, step)


def _cost(model: Any, X: Any, y: Any, prediction: Any, training: bool) -> Any:
    """Keras's own loss; in older releases (3.3) it is not told whether it is training."""
    told = {"training": training} if "training" in signature(model.compute_loss).parameters else {}
    return model.compute_loss(x=X, y=y, y_pred=prediction, **told)


def _compiled(model: Any, step: Callable[[Any, Any], Tensors]) -> Callable[[Any, Any], Tensors]:
    """As Keras compiles a step of this model, or does not."""
    if model.run_eagerly:
        return step
    made: Callable[[Any, Any], Tensors] = tf.function(step, jit_compile=model.jit_compile or None, autograph=False)
    return made


def _applied(optimizer: Any, parameters: Tensors, gradients: list[Any]) -> Tensors:
    """Let the optimizer do its step; what it clipped, decayed and subtracted on the way."""
    names = {_key(variable): P for P, variable in parameters.items()}
    found: Tensors = {}
    with ExitStack() as stack:
        for method, listen in LISTENERS.items():
            stack.enter_context(listen(optimizer, method, names, found))
        optimizer.apply(gradients, list(parameters.values()))
    return found


def _key(variable: Any) -> int:
    return id(variable.value if isinstance(variable, VARIABLE) else variable)


@contextmanager
def _heard(optimizer: Any, method: str, listen: Callable[..., Any]) -> Iterator[None]:
    """One of the optimizer's own methods with a listener in its place, which calls it."""
    setattr(optimizer, method, listen)
    try:
        yield
    finally:
        delattr(optimizer, method)


def _subtracted(optimizer: Any, method: str, parameters: dict[int, str], found: Tensors) -> Any:
    """update_P: what is subtracted from each parameter; what is added, with the other sign."""
    own, sign = getattr(optimizer, method), {"assign_sub": 1, "assign_add": -1}[method]

    def listen(variable: Any, value: Any) -> None:
        P = parameters.get(_key(variable))
        if P is not None:
            taken = tf.identity(value.value if isinstance(value, VARIABLE) else value)
            found[names.update(P)] = taken if sign > 0 else -taken
        own(variable, value)

    return _heard(optimizer, method, listen)


def _clipped(optimizer: Any, method: str, parameters: dict[int, str], found: Tensors) -> Any:
    """clipped_P, where the optimizer clips; beside the step, which may draw the factors of a product together."""
    own, clips = getattr(optimizer, method), optimizer.clipnorm or optimizer.clipvalue or optimizer.global_clipnorm

    def listen(gradients: Any) -> Any:
        if clips:
            beside = own([beside_of(g) for g in gradients])
            found.update({names.clipped(P): g for P, g in zip(parameters.values(), beside, strict=True)})
        return own(gradients)

    return _heard(optimizer, method, listen)


def _decayed(optimizer: Any, method: str, parameters: dict[int, str], found: Tensors) -> Any:
    """P_decayed, where the optimizer decays."""
    own = getattr(optimizer, method)

    def listen(variables: Any) -> None:
        own(variables)
        if optimizer.weight_decay:
            values = ((parameters[_key(v)], v.value if isinstance(v, VARIABLE) else v) for v in variables)
            found.update({names.decayed(P): tf.identity(value) for P, value in values})

    return _heard(optimizer, method, listen)


LISTENERS: dict[str, Callable[..., Any]] = {
    "assign_sub": _subtracted, "assign_add": _subtracted, "_clip_gradients": _clipped, "_apply_weight_decay": _decayed,
}  # fmt: skip
