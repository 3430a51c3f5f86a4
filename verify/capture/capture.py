"""Capture steps, and check that capturing did not change the result."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from reference.tensor_names import REPORTED, in_step, is_state, new, split_step
from reference.tensor_names import own as own_name
from verify.capture.batch import Batch, parts
from verify.capture.compile_arguments import loss_text, optimizer_text
from verify.capture.environment import environment
from verify.capture.essay_model import build, moments, restore, snapshot, steps_taken, variables
from verify.capture.memory import unchanged
from verify.capture.model_reader import understand
from verify.capture.overrides import replaced, replaced_at_run_time
from verify.capture.reported_loss import reported_loss, same_loss
from verify.capture.step import Step, forward, is_eager, training, uses_xla
from verify.capture.understood import Understood
from verify.capture.written import named
from verify.compare.own_results import STALE
from verify.errors import Unverifiable
from verify.records.arrays import as_row, same_bits
from verify.records.samples import Samples, network_for
from verify.records.settings import GIVEN, Settings
from verify.records.trace import Array, Trace


def capture(settings: Settings, samples: Samples, weights: Mapping[str, Array] | None = None) -> Trace:
    """Run the essay's model and return the checked trace.  Raises Unverifiable, naming a tensor with other bits.

    `weights`, by the essay's names, replace the weights drawn from the seed.
    """
    batches = batches_of(samples, settings)
    network = network_for(samples)
    model = build(settings, network)
    understood = understand(model)
    for P, variable in understood.parameters.items():
        if weights is not None:
            variable.assign(weights[P].reshape(variable.shape))
    run = training if settings.training else forward
    tensors = faithful(model, understood, run(model, understood), batches, settings)
    return Trace(settings, network, environment(), tensors, samples.classes if samples.named else ())


def batches_of(samples: Samples, settings: Settings) -> list[Batch]:
    """Return the batch of each step."""
    every = (samples.batch(settings, step) for step in range(1, settings.steps + 1))
    return [Batch((X,), (y,)) for X, y in every]


def capture_model(model: Any, understood: Understood, batches: list[Batch], command: str = "backprop") -> Trace:
    """Take one step of a user's compiled model for each batch, and return the checked trace.

    The model is left in its state after the last step.
    Raises Unsupported, naming everything that is not supported; Unverifiable, naming a tensor with other bits.
    """
    dtype = understood.dtype
    settings = Settings(
        command=command,
        dtype=dtype,
        data=GIVEN,
        batch=batches[0].examples,
        steps=len(batches),
        optimizer=optimizer_text(model.optimizer, dtype, understood.parameters),
        loss=loss_text(model, understood.graph.output_names, dtype),
        jit=uses_xla(model),
        done=steps_taken(model.optimizer),
    )
    for variable, value in zip(variables(model), snapshot(model), strict=True):
        if not np.isfinite(value).all():
            raise Unverifiable(f"{variable.path} holds NaN or infinity before the first step")
    step = (training if settings.training else forward)(model, understood)
    tensors = faithful(model, understood, step, batches, settings)
    return Trace(settings, understood.network, environment(), tensors)


def check_eagerly(
    model: Any, understood: Understood, batches: list[Batch], settings: Settings, begin: list[Array]
) -> None:
    """Let a model take steps eagerly from the state `begin`, and leave it as it was.  Raises Unverifiable.

    XLA, and TensorFlow's grappler without it, may round Keras's own step otherwise than the captured one. Eagerly they
    have the same bits, unless Python code of the model, of a layer, the loss or the optimizer makes the one compute
    something else. A train function that is not Keras's is refused, because an eager step would not call it.
    """
    if seen := replaced_at_run_time(model):
        raise Unverifiable(f"the model's own step gives other bits than the captured step ({'; '.join(seen)})")
    with unchanged(model):
        restore(model, begin)
        model.run_eagerly, model.train_function, model.predict_function = True, None, None
        step = (training if settings.training else forward)(model, understood)
        try:
            faithful(model, understood, step, batches, replace(settings, jit=False))
        except Unverifiable as error:
            raise Unverifiable(f"eagerly, {error}") from error


def faithful(
    model: Any, understood: Understood, step: Step, batches: list[Batch], settings: Settings
) -> dict[str, Array]:
    """Capture the steps of these batches and return their tensors, after four checks.  Raises Unverifiable.

    A second capture must give the same bits; if the step is compiled, it must do so eagerly, because TensorFlow adds
    three or more gradients of one tensor in the order in which they are ready (AddN). The model's own step, taken by
    Keras's own functions, must change every variable to the captured bits, must report the captured cost (or
    prediction), and must count one iteration. If it is compiled, its results may have other bits: they are returned as
    P_own, and the steps are taken eagerly, too.
    Each step begins where the model's own last step has ended; so does what is done after the last.
    """
    run: dict[str, Array] = {}
    start, reproducible = snapshot(model), True
    for number, batch in enumerate(batches, 1):
        begin = snapshot(model)
        tensors = _captured(understood, step, batch, settings)
        after = snapshot(model)
        restore(model, begin)
        reproducible &= _is_reproduced(model, tensors, _captured(understood, step, batch, settings))
        restore(model, begin)
        outputs = _own_step(model, understood, batch, settings)
        told = number if len(batches) > 1 else 0
        tensors = with_own_results(model, understood, settings, tensors, after, told)
        tensors = _with_outputs(model, understood, settings, tensors, outputs, told)
        run |= {in_step(number, name): array for name, array in tensors.items()}
    if has_own_results(run) or not reproducible:
        check_eagerly(model, understood, batches, settings, start)
    return run


def has_own_results(tensors: Mapping[str, Array]) -> bool:
    """Return whether tensors hold results of Keras's own step that have other bits than the captured ones."""
    return any(is_state(split_step(name)[1], "own") for name in tensors)


def _captured(understood: Understood, step: Step, batch: Batch, settings: Settings) -> dict[str, Array]:
    """Capture one step, and return its tensors by name."""
    X, y, s = (tuple(map(tf.constant, arrays)) for arrays in batch)
    return named(step(X, y, s), batch, settings, understood.network, understood.channels_first)


def _own_step(model: Any, understood: Understood, batch: Batch, settings: Settings) -> list[Array]:
    """Let the model take its own step, and return the loss that it reports, or its predictions."""
    graph = understood.graph
    X, y = graph.as_taken(batch.x), graph.as_given(batch.y)
    if not settings.training:
        return list(map(np.asarray, parts(model.predict_on_batch(X), graph.output_names, "the prediction")))
    before = steps_taken(model.optimizer)
    s = graph.as_given(batch.s) if batch.s else None
    output = reported_loss(model, model.train_on_batch(X, y, sample_weight=s, return_dict=True))
    counted = steps_taken(model.optimizer)
    if counted != before + 1:
        text = f"optimizer.iterations is {counted} after a step that began at {before}"
        raise Unverifiable(f"{text}{reasons(model)}")
    return [np.asarray(output)]


def with_own_results(
    model: Any,
    understood: Understood,
    settings: Settings,
    tensors: dict[str, Array],
    after: list[Array],
    number: int = 0,
) -> dict[str, Array]:
    """Return the tensors of a captured step with those results of the model's own step that have other bits.

    `after` has all variables after the captured step; the model has just taken its own. Only if the steps are compiled
    may the parameters and moments differ. Raises Unverifiable, naming the first variable that should not.
    """
    results = dict(understood.parameters)
    if settings.training:
        results |= moments(model, results) | understood.kept
    names = {id(variable): name for name, variable in results.items()}
    own: dict[str, Array] = {}
    for variable, a, b in zip(variables(model), snapshot(model), after, strict=True):
        name = names.get(id(variable), "")
        result = new(name) if new(name) in tensors else name  # W1_new for W1, m_W1 for m_W1
        same = same_bits(a, b) if not name else same_bits(as_row(a), tensors[result])
        left = not name or not settings.training or same_bits(as_row(b), tensors[result])
        frozen = name in understood.parameters and not variable.trainable
        if name and left and not is_eager(model) and not frozen:
            own |= {} if same else {own_name(name): as_row(a)}
        elif not (same and left and same_bits(a, b)):
            step = f"own step {number}" if number else "own step"
            text = f"the model's {step} gives {result or variable.path} other bits than the captured step"
            if frozen and left:
                text += f"; {name} was frozen after Keras had compiled the step: compile the model again"
            raise Unverifiable(f"{text}{reasons(model)}")
    return tensors | own


def _with_outputs(
    model: Any,
    understood: Understood,
    settings: Settings,
    tensors: dict[str, Array],
    outputs: list[Array],
    number: int,
) -> dict[str, Array]:
    """Return the tensors, with those of the model's own predictions that have other bits.

    Raises Unverifiable if the model reports another loss than the captured cost, or predicts something else.
    """
    if settings.training:
        C, told = float(tensors["C"]), float(outputs[0])
        other_bits = settings.jit or has_own_results(tensors)  # then the cost of Keras's own step has other bits, too
        same = same_loss(told, C, abs(C), settings, other_bits)
        if not same and (other_bits or reasons(model)):
            step = f"step {number}" if number else "the step"
            text = f"{step} reports the loss {told!r}, its cost is {C!r}"
            raise Unverifiable(f"{text}{reasons(model) or f'; {STALE}'}")
        return tensors if other_bits else tensors | {REPORTED: outputs[0].astype(settings.dtype)}
    own: dict[str, Array] = {}
    for (_, place), prediction in zip(understood.network.in_prediction.outputs, map(as_row, outputs), strict=True):
        if same_bits(prediction, tensors[place.gives]):
            continue
        if is_eager(model):
            text = f"the model's own prediction has other bits than the captured {place.gives}"
            raise Unverifiable(f"{text}{reasons(model)}")
        own[own_name(place.gives)] = prediction
    return tensors | own


def reasons(model: Any) -> str:
    """Return what may be the reason why a model's own step differs, as the end of a sentence; "" if nothing is seen."""
    seen = replaced(model)
    return f" ({'; '.join(seen[:3])})" if seen else ""


def _is_reproduced(model: Any, first: dict[str, Array], second: dict[str, Array]) -> bool:
    """Return whether two captures have the same bits.  Raises Unverifiable unless they have, if the model runs eagerly.

    It names the first tensor that has other bits in the second.
    """
    for name in {**first, **second}:
        if name not in first or name not in second or not same_bits(first[name], second[name]):
            if not is_eager(model):
                return False
            text = f"the capture is not reproducible: a second run gives {name} other bits"
            raise Unverifiable(f"{text}{reasons(model)}")
    return True
