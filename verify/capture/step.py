"""Compile one forward pass or one training step that returns every tensor by the essay's name.

Keras's own layers, loss and optimizer compute everything. Each Dense layer is called with a linear activation, which
gives Z. Its own activation is then applied to Z, which gives A. One gradient tape gives all gradients. Listeners around
the optimizer's methods record what it clips, decays and subtracts.

XLA fuses operations, and rounds a tensor only if something reads it. So a step that hands its tensors out may end with
other bits than Keras's own step, which `capture.py` lets the model take as well.
"""

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
from verify.capture.layers import fused
from verify.capture.model_reader import understand
from verify.capture.reader import BESIDE, VARIABLE, Tensors, beside_of
from verify.capture.understood import Understood
from verify.errors import Unverifiable
from verify.records.settings import OPTIMIZERS


def _pass(model: Any, understood: Understood, X: Any, found: Tensors, training: bool) -> Any:
    """Call all layers on X, store every tensor by name in `found`, and return the prediction.

    The operations have the names that they have in Keras's own step, because TensorFlow's grappler orders the factors
    of a product by name.
    """
    with tf.name_scope(model.name):
        tensors = {understood.input: tf.cast(X, understood.takes)}  # as Keras casts what a model is given
        for stage in understood.stages:
            read = [tensors[key] for key in stage.reads]
            A = read if len(read) > 1 else read[0]
            tensors[stage.output] = stage.reader.run(stage.layer, stage.gives, A, found, training)
    return tensors[understood.output]


def _handed_out(network: Network, found: Tensors) -> Tensors:
    """Return the tensors that the step returns.

    The Z of a fused activation is replaced by its copy. If the step returned Z itself, TensorFlow would not fuse.
    """
    copied = {place.reads for layer, place in network.places if layer.kind in fused()}
    return {
        name: found.get(name + BESIDE, tensor) if name in copied else tensor
        for name, tensor in found.items()
        if not name.endswith(BESIDE)
    }


def forward(model: Any, understood: Understood | None = None) -> Callable[[Any, Any], Tensors]:
    """Return a function of X and y that does what `predict_on_batch` does and returns all tensors by name."""
    description = understood or understand(model)

    def step(X: Any, y: Any) -> Tensors:
        tensors: Tensors = {P: tf.identity(variable.value) for P, variable in description.parameters.items()}
        tensors |= {names.before(name): tf.identity(variable.value) for name, variable in description.kept.items()}
        inner: Tensors = {}
        prediction = _pass(model, description, X, inner, training=False)
        tensors |= _handed_out(description.network, inner)
        tensors["C"] = _cost(model, X, y, prediction, training=False)
        return tensors

    return _compiled(model, step)


def training(model: Any, understood: Understood | None = None) -> Callable[[Any, Any], Tensors]:
    """Return a function of X and y that does what `train_on_batch` does and returns all tensors by name."""
    description = understood or understand(model)
    parameters = description.parameters
    learned = {P: variable for P, variable in parameters.items() if variable.trainable}
    moments = moments_of(model, parameters)
    optimizer = OPTIMIZERS[optimizer_text(model.optimizer, description.dtype)]
    plan = rules(description.network, loss_text(model, description.dtype), optimizer)
    gradient_names = [names.read(rule.tensor) for rule in plan if rule.phase == "backward"]
    inner_names = [name.base for name in gradient_names if name.base not in parameters]

    def step(X: Any, y: Any) -> Tensors:
        tensors: Tensors = {P: tf.identity(variable.value) for P, variable in parameters.items()}
        kept = moments | description.kept
        tensors |= {names.before(name): tf.identity(variable.value) for name, variable in kept.items()}
        inner: Tensors = {}
        with tf.GradientTape() as tape:
            prediction = _pass(model, description, X, inner, training=True)
            C = _cost(model, X, y, prediction, training=True)
        sources = {name: inner[name] for name in inner_names} | {P: v.value for P, v in learned.items()}
        gradients = tape.gradient(C, sources)
        for name, gradient in gradients.items():
            if gradient is None:
                raise Unverifiable(
                    f"TensorFlow gives no gradient {names.gradient(name)}: the cost does not depend on it"
                )
        tensors |= _handed_out(description.network, inner)
        tensors["C"] = C
        tensors |= {names.gradient(name): tf.convert_to_tensor(gradients[name]) for name in sources}
        if callable(optimizer.learning_rate):
            tensors["alpha"] = tf.cast(model.optimizer.learning_rate, C.dtype)
        tensors |= _applied(model.optimizer, learned, [gradients[P] for P in learned])
        tensors |= {name: tf.identity(variable.value) for name, variable in kept.items()}
        tensors |= {names.new(P): tf.identity(variable.value) for P, variable in parameters.items()}
        return tensors

    return _compiled(model, step)


def _cost(model: Any, X: Any, y: Any, prediction: Any, training: bool) -> Any:
    """Return the cost from Keras's own loss. Older releases (3.3) have no parameter `training`."""
    options = {"training": training} if "training" in signature(model.compute_loss).parameters else {}
    return model.compute_loss(x=X, y=y, y_pred=prediction, **options)


Step = Callable[[Any, Any], Tensors]


def is_eager(model: Any) -> bool:
    """Return whether the steps of a model are not compiled."""
    return bool(model.run_eagerly or tf.config.functions_run_eagerly())


def uses_xla(model: Any) -> bool:
    """Return whether XLA compiles the steps of a model."""
    return bool(model.jit_compile and not is_eager(model))


def _compiled(model: Any, step: Step) -> Step:
    """Return the step, compiled as Keras compiles the steps of this model; not compiled if the model runs eagerly."""
    if is_eager(model):
        return step
    compiled: Step = tf.function(step, jit_compile=model.jit_compile or None, autograph=False)
    return compiled


def _applied(optimizer: Any, parameters: Tensors, gradients: list[Any]) -> Tensors:
    """Let the optimizer take its step, and return by name what it clipped, decayed and subtracted."""
    parameter_of = {_key(variable): P for P, variable in parameters.items()}
    found: Tensors = {}
    with ExitStack() as stack:
        for method, listen in LISTENERS.items():
            stack.enter_context(listen(optimizer, method, parameter_of, found))
        optimizer.apply(gradients, list(parameters.values()))
    return found


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
        if optimizer.weight_decay:
            values = ((parameters[_key(v)], v.value if isinstance(v, VARIABLE) else v) for v in variables)
            found.update({names.decayed(P): tf.identity(value) for P, value in values})

    return _heard(optimizer, method, listen)


LISTENERS: dict[str, Callable[..., Any]] = {
    "assign_sub": _subtracted,
    "assign_add": _subtracted,
    "_clip_gradients": _clipped,
    "_apply_weight_decay": _decayed,
}
