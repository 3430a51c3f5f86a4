"""Compile one forward pass or one training step that returns every tensor by the essay's name.

Keras's own layers, loss and optimizer compute everything. A Dense layer or a convolution is called with a linear
activation, which gives Z. Its own activation is then applied to Z, which gives A. Other layers are called as they are;
dropouts and batch normalizations also hand out their masks and statistics. One gradient tape gives all gradients.
`listeners.py` records what the optimizer clips, decays and subtracts.

XLA fuses operations, and rounds a tensor only if something reads it. So a step that hands its tensors out may end with
other bits than Keras's own step, which `capture.py` lets the model take as well.
"""

from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import tensorflow as tf

from reference import tensor_names as names
from reference.network import Network
from reference.rules import rules
from verify.capture.activities import activity_apart
from verify.capture.compile_arguments import loss_text, losses_of, optimizer_text
from verify.capture.essay_model import moments as moments_of
from verify.capture.layers import fused
from verify.capture.listeners import applied, slots_of
from verify.capture.reader import BESIDE, Tensors
from verify.capture.understood import Understood
from verify.errors import Unsupported, Unverifiable
from verify.records.settings import OPTIMIZERS

Step = Callable[[Sequence[Any], Sequence[Any], Sequence[Any]], Tensors]  # of inputs, labels, weights of examples


def _pass(model: Any, understood: Understood, X: Sequence[Any], found: Tensors, training: bool) -> list[Any]:
    """Call all layers on the inputs, store every tensor by name in `found`, and return the predictions.

    The operations have the names that they have in Keras's own step, because TensorFlow's grappler orders the factors
    of a product by name.
    """
    penalties = []
    with tf.name_scope(model.name):
        inputs = zip(understood.graph.inputs, X, strict=True)
        tensors = {id(symbolic): tf.cast(x, understood.takes(symbolic)) for symbolic, x in inputs}
        for stage in understood.stages:
            read = [tensors[key] for key in stage.reads]
            A = read if len(read) > 1 else read[0]
            with activity_apart(stage.layer) as penalty:
                output = tensors[stage.output] = stage.reader.run(stage.layer, stage.gives, A, found, training)
            if stage.penalty:
                found[stage.penalty] = penalty(output)
                penalties.append((stage.layer, found[stage.penalty]))
    model._clear_losses()  # a call of a layer clears its losses, too
    for layer, mean in penalties:
        layer.add_loss(mean)
    return [tensors[id(output)] for output in understood.graph.outputs]


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


def forward(model: Any, understood: Understood) -> Step:
    """Return a function of X, y and s that does what `predict_on_batch` does and returns all tensors by name."""

    def step(X: Sequence[Any], y: Sequence[Any], s: Sequence[Any]) -> Tensors:
        tensors: Tensors = {P: tf.identity(variable.value) for P, variable in understood.parameters.items()}
        tensors |= {names.before(name): tf.identity(variable.value) for name, variable in understood.kept.items()}
        inner: Tensors = {}
        predictions = _pass(model, understood, X, inner, training=False)
        tensors |= _handed_out(understood.network, inner)
        tensors["C"] = _cost(model, understood, X, y, s, predictions, training=False)
        return tensors | _costs(model, understood, y, s, predictions)

    return _compiled(model, step)


def training(model: Any, understood: Understood) -> Step:
    """Return a function of X, y and s that does what `train_on_batch` does and returns all tensors by name."""
    network, parameters = understood.network, understood.parameters
    name_of = {id(variable): P for P, variable in parameters.items()}
    learned = {name_of[id(v)]: v for v in model.trainable_variables}  # in the order in which Keras adds their squares
    moments = moments_of(model, parameters)
    optimizer = OPTIMIZERS[optimizer_text(model.optimizer, understood.dtype, parameters)]
    if network.constraints and optimizer.use_ema and optimizer.ema_overwrite_frequency:
        why = "with it, an average that overwrites the weights is not verified (ema_overwrite_frequency)"
        raise Unsupported([(f"constraint of {network.constraints[0][0]}", why)])
    plan = rules(network, loss_text(model, understood.graph.output_names, understood.dtype), optimizer)
    computed = {rule.tensor for rule in plan} if optimizer.gradient_accumulation_steps else {}
    slots = slots_of(learned, computed)
    gradient_names = [names.read(rule.tensor) for rule in plan if rule.phase == "backward"]
    inner_names = [name.base for name in gradient_names if name.base not in parameters]

    def step(X: Sequence[Any], y: Sequence[Any], s: Sequence[Any]) -> Tensors:
        tensors: Tensors = {P: tf.identity(variable.value) for P, variable in parameters.items()}
        kept = moments | understood.kept
        tensors |= {names.before(name): tf.identity(variable.value) for name, variable in kept.items()}
        inner: Tensors = {}
        with tf.GradientTape() as tape:
            predictions = _pass(model, understood, X, inner, training=True)
            C = _cost(model, understood, X, y, s, predictions, training=True)
            scaled = model.optimizer.scale_loss(C)
        sources = {name: inner[name] for name in inner_names} | {P: v.value for P, v in learned.items()}
        gradients = tape.gradient(scaled, sources)
        for name, gradient in gradients.items():
            if gradient is None:
                raise Unverifiable(
                    f"TensorFlow gives no gradient {names.gradient(name)}: the cost does not depend on it"
                )
        tensors |= _handed_out(network, inner) | {"C": C} | _costs(model, understood, y, s, predictions)
        tensors |= {names.gradient(name): tf.convert_to_tensor(gradients[name]) for name in sources}
        if callable(optimizer.learning_rate):
            tensors["alpha"] = tf.cast(model.optimizer.learning_rate, C.dtype)
        found = applied(model.optimizer, learned, [gradients[P] for P in learned], slots)
        tensors |= {name: tensor for name, tensor in found.items() if name != "alpha" or name in optimizer.given}
        tensors |= {name: tf.identity(variable.value) for name, variable in kept.items()}
        tensors |= {names.new(P): tf.identity(variable.value) for P, variable in parameters.items()}
        return tensors

    return _compiled(model, step)


def _cost(
    model: Any,
    understood: Understood,
    X: Sequence[Any],
    y: Sequence[Any],
    s: Sequence[Any],
    predictions: list[Any],
    training: bool,
) -> Any:
    """Return the cost from Keras's own loss. Older releases (3.3) have no parameter `training`."""
    options: dict[str, Any] = {"training": training} if "training" in signature(model.compute_loss).parameters else {}
    graph = understood.graph
    options |= {"sample_weight": graph.as_given(s)} if s else {}
    return model.compute_loss(x=graph.as_taken(X), y=graph.as_given(y), y_pred=graph.as_given(predictions), **options)


def _costs(model: Any, understood: Understood, y: Sequence[Any], s: Sequence[Any], predictions: list[Any]) -> Tensors:
    """Return the cost of each output, times its weight, and each penalty, by name; nothing if there is one of them all.

    Keras returns only their sum, so each is computed once more by Keras's own loss and regularizers.
    """
    regularized = [P for P, _ in understood.network.regularizers]
    if len(predictions) == 1 and not regularized:
        return {}
    weights = s or [None] * len(predictions)
    every = enumerate(zip(losses_of(model, understood.graph.output_names), y, predictions, weights, strict=True), 1)
    costs = {names.of_layer("C", k): (loss(*of_output), weight) for k, ((loss, weight), *of_output) in every}
    found = {name: cost if weight is None else cost * weight for name, (cost, weight) in costs.items()}
    variables = {P: understood.parameters[P] for P in regularized if P in understood.parameters}
    return found | {names.penalty(P): variable.regularizer(variable) for P, variable in variables.items()}


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
