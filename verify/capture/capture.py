"""Capture steps, and check that capturing did not change the result."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from reference.tensor_names import has_role, in_step, is_of, is_state, new, split_step
from reference.tensor_names import own as own_name
from verify.capture.compile_arguments import loss_text, optimizer_text
from verify.capture.environment import environment
from verify.capture.essay_model import build, moments, parameters, restore, snapshot, to_numpy, variables
from verify.capture.memory import unchanged
from verify.capture.model_reader import understand
from verify.capture.overrides import replaced
from verify.capture.reader import Tensors
from verify.capture.step import forward, training
from verify.errors import Unverifiable
from verify.records.arrays import as_rows, label_rows, same_bits
from verify.records.samples import Samples, network_for
from verify.records.settings import GIVEN, Settings
from verify.records.trace import Array, Trace


def capture(settings: Settings, samples: Samples, weights: Mapping[str, Array] | None = None) -> Trace:
    """Run the essay's model and return the checked trace.  Raises Unverifiable, naming a tensor with other bits.

    `weights`, by the essay's names, replace the weights drawn from the seed.
    """
    batches = [samples.batch(settings, step) for step in range(1, settings.steps + 1)]
    network = network_for(samples)
    model = build(settings, network)
    for P, variable in parameters(model).items():
        if weights is not None:
            variable.assign(weights[P].reshape(variable.shape))
    run = training if settings.training else forward
    tensors = faithful(model, run(model), batches, settings)
    return Trace(settings, network, environment(), tensors, samples.classes if samples.named else ())


def capture_model(model: Any, batches: list[tuple[Array, Array]], command: str = "backprop") -> Trace:
    """Take one step of a user's compiled model for each batch, and return the checked trace.

    The model is left in its state after the last step.
    Raises Unsupported, naming everything that is not supported; Unverifiable, naming a tensor with other bits.
    """
    understood = understand(model)
    dtype = understood.dtype
    settings = Settings(
        command=command,
        dtype=dtype,
        data=GIVEN,
        batch=len(batches[0][0]),
        steps=len(batches),
        optimizer=optimizer_text(model.optimizer, dtype),
        loss=loss_text(model, dtype),
        jit=bool(model.jit_compile),
        done=int(to_numpy(model.optimizer.iterations)),
    )
    check_without_xla(model, batches, settings)
    step = (training if settings.training else forward)(model, understood)
    return Trace(settings, understood.network, environment(), faithful(model, step, batches, settings))


def check_without_xla(model: Any, batches: list[tuple[Array, Array]], settings: Settings) -> None:
    """Let a model that XLA compiles take its steps without XLA too, and leave it as it was.  Raises Unverifiable.

    Under XLA Keras's own step may differ from the captured one by rounding. Without XLA they have the same bits, unless
    Python code of the model, of a layer, the loss or the optimizer makes the one compute something else.
    """
    if not settings.jit:
        return
    with unchanged(model):
        model.jit_compile, model.train_function, model.predict_function = False, None, None
        step = (training if settings.training else forward)(model)
        faithful(model, step, batches, replace(settings, jit=False))


def faithful(
    model: Any, step: Callable[[Any, Any], Tensors], batches: list[tuple[Array, Array]], settings: Settings
) -> dict[str, Array]:
    """Capture the steps of these batches and return their tensors, after four checks.  Raises Unverifiable.

    The model's own steps, taken by Keras's own functions, must change every variable to the same bits, must report the
    captured cost (or prediction; not under XLA), and must count one iteration each. A second capture must give the same
    bits. The model is left in its state after the last step.
    """
    begin = snapshot(model)
    for variable, value in zip(variables(model), begin, strict=True):
        if not np.isfinite(value).all():
            raise Unverifiable(f"{variable.path} holds NaN or infinity before the first step")
    ordinary, outputs = _ordinary(model, batches, settings)
    restore(model, begin)
    first, states = _captured(model, step, batches, settings)
    _check_fidelity(model, settings, first, ordinary, states, outputs)
    restore(model, begin)
    _check_reproducible(first, _captured(model, step, batches, settings)[0])
    return first


def _ordinary(
    model: Any, batches: list[tuple[Array, Array]], settings: Settings
) -> tuple[list[list[Array]], list[Array]]:
    """Let the model take its own steps. Return all its variables after each, and its losses or predictions."""
    states, outputs = [], []
    for X, y in batches:
        counted = model.optimizer.iterations
        before = int(to_numpy(counted))
        if settings.training:
            output = reported_loss(model, model.train_on_batch(X, y, return_dict=True))
        else:
            output = model.predict_on_batch(X)
        if settings.training and int(to_numpy(counted)) != before + 1:
            text = f"optimizer.iterations is {int(to_numpy(counted))} after a step that began at {before}"
            raise Unverifiable(f"{text}{_reasons(model)}")
        outputs.append(np.asarray(output))
        states.append(snapshot(model))
    return states, outputs


def _captured(
    model: Any, step: Callable[[Any, Any], Tensors], batches: list[tuple[Array, Array]], settings: Settings
) -> tuple[dict[str, Array], list[list[Array]]]:
    """Capture the steps. Return all tensors by name (`step1/Z1`), and all variables of the model after each step."""
    run: dict[str, Array] = {}
    states = []
    for number, (X, y) in enumerate(batches, 1):
        tensors = named(step(tf.constant(X), tf.constant(y)), X, y, settings, understand(model).channels_first)
        run |= {in_step(number, name): array for name, array in tensors.items()}
        states.append(snapshot(model))
    return run, states


def named(tensors: Tensors, X: Array, y: Array, settings: Settings, channels_first: bool = False) -> dict[str, Array]:
    """Return a captured step's tensors, X and y among them, as arrays in the shapes that the essay writes.

    An own result (P_own) that has the bits of the captured one is left out. With `channels_first`, the numbers of an
    image are put in the order in which the model's Flatten puts them.
    """
    arrays = {name: np.asarray(t) for name, t in tensors.items()}
    outputs = [a.shape[-1] for name, a in arrays.items() if is_of(name, "Z") and has_role(name, "")][-1]
    dtype, sparse = settings.dtype, settings.loss.startswith("sparse")
    arrays = {"X": X.astype(dtype), "y": label_rows(y, outputs, dtype, sparse), **arrays}
    if channels_first:
        arrays = {name: np.moveaxis(a, 1, -1) if a.ndim > 2 else a for name, a in arrays.items()}
    rows = {name: as_rows(name, array) for name, array in arrays.items()}
    same = [name for name in rows if is_state(name, "own") and same_bits(rows[name], rows[_beside(name, rows)])]
    return {name: array for name, array in rows.items() if name not in same}


def _beside(own_name: str, tensors: Mapping[str, Array]) -> str:
    """Return the captured tensor that an own result stands beside: W1_new for W1_own, m_W1 for m_W1_own."""
    name = own_name.removesuffix("_own")
    return new(name) if new(name) in tensors else name


def _check_fidelity(
    model: Any,
    settings: Settings,
    first: dict[str, Array],
    ordinary: list[list[Array]],
    states: list[list[Array]],
    outputs: list[Array],
) -> None:
    """Compare the model's own steps with the captured ones.  Raises Unverifiable, naming the first that differs."""
    for number, (own, captured, output) in enumerate(zip(ordinary, states, outputs, strict=True), 1):
        differs = first_difference(model, settings, own, captured, of_step(first, number))
        if differs:
            text = f"the model's own step {number} gives {differs} other bits than the captured step"
            raise Unverifiable(f"{text}{_reasons(model)}")
        if settings.training and not settings.jit:
            C = float(first[in_step(number, "C")])
            if not same_loss(float(output), C, settings.dtype):
                raise Unverifiable(
                    f"step {number} reports the loss {float(output)!r}, its cost is {C!r}{_reasons(model)}"
                )
        elif not settings.training:
            last = understand(model).network.in_prediction.places[-1][1].gives
            captured_output = first.get(in_step(number, own_name(last)), first[in_step(number, last)])
            if not same_bits(as_rows(last, output), captured_output):
                text = f"the model's own prediction has other bits than the captured {last}"
                raise Unverifiable(f"{text}{_reasons(model)}")


def reported_loss(model: Any, logs: Mapping[str, Any]) -> float:
    """Return the loss that Keras reports of a step; NaN if it reports none.

    It is "loss" in the logs. If a metric has that name too, Keras's loss tracker has it.
    """
    metrics = [inner for metric in model.metrics for inner in (getattr(metric, "metrics", None) or [metric])]
    if any(metric.name == "loss" and metric is not model._loss_tracker for metric in metrics):
        return float(to_numpy(model._loss_tracker.result()))
    return float(logs.get("loss", np.nan))


def same_loss(reported: float, expected: float, dtype: str) -> bool:
    """Return whether a loss that Keras reports is the expected one: Keras computes it as Σ(N·C) / ΣN."""
    if not np.isfinite([reported, expected]).all():
        return str(reported) == str(expected)  # NaN is not equal to NaN
    return abs(reported - expected) <= 4 * float(np.finfo(dtype).eps) * abs(expected)


def of_step(tensors: Mapping[str, Array], number: int) -> dict[str, Array]:
    """Return the tensors of one step by their names without the step."""
    return {name: array for key, array in tensors.items() for step, name in [split_step(key)] if step == number}


def first_difference(
    model: Any, settings: Settings, own: list[Array], captured: list[Array], tensors: Mapping[str, Array]
) -> str:
    """Return the name of the first result of a model's own step that the captured step does not have; "" if none.

    `own` and `captured` have all variables after the two steps. A captured tensor must have their bits too: W1_new, or
    W1_own if there is one.
    """
    results = parameters(model) | (moments(model, parameters(model)) if settings.training else {})
    names = {id(variable): name for name, variable in results.items()}
    for variable, a, b in zip(variables(model), own, captured, strict=True):
        name = names.get(id(variable), "")
        if name and settings.training:
            beside = _beside(own_name(name), tensors)
            if not same_bits(as_rows(name, a), tensors.get(own_name(name), tensors[beside])):
                return beside
        if not same_bits(a, b):
            return _beside(own_name(name), tensors) if name else str(variable.path)
    return ""


def _reasons(model: Any) -> str:
    """Return what may be the reason why a model's own step differs, as the end of a sentence; "" if nothing is seen."""
    seen = replaced(model)
    return f" ({'; '.join(seen[:3])})" if seen else ""


def _check_reproducible(first: dict[str, Array], second: dict[str, Array]) -> None:
    """Compare two captures.  Raises Unverifiable, naming the first tensor that has other bits in the second."""
    for name in {**first, **second}:
        if name not in first or name not in second or not same_bits(first[name], second[name]):
            raise Unverifiable(f"the capture is not reproducible: a second run gives {name} other bits")
