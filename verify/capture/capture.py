"""Capture steps, and check that capturing did not change the result."""

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from reference.tensor_names import in_step, new
from verify.capture.compile_arguments import loss_text, optimizer_text
from verify.capture.environment import environment
from verify.capture.essay_model import build, parameters, restore, snapshot, to_numpy, variables
from verify.capture.model_reader import understand
from verify.capture.reader import Tensors
from verify.capture.step import forward, training
from verify.errors import Unverifiable
from verify.records.arrays import as_rows, one_hot, same_bits
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


def capture_model(
    model: Any, batches: list[tuple[Array, Array]], command: str = "backprop", steps: dict[Any, Any] | None = None
) -> Trace:
    """Take one step of a user's compiled model for each batch, and return the checked trace.

    The model is left in its state after the last step. `steps` stores the compiled steps of this model for the next
    call, because compiling takes the most time.
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
        loss=loss_text(model.loss, dtype),
        jit=bool(model.jit_compile),
        done=int(keras.ops.convert_to_numpy(model.optimizer.iterations)),
    )
    key, compiled = (settings.training, settings.optimizer, settings.loss), {} if steps is None else steps
    if key not in compiled:
        compiled[key] = (training if settings.training else forward)(model, understood)
    return Trace(settings, understood.network, environment(), faithful(model, compiled[key], batches, settings))


# XLA fuses a product and the sum that follows into one operation with one rounding, unless something reads the product.
XLA = " (under XLA a tensor that is handed out is rounded, and one that is not may not be; verify it without XLA)"


def faithful(
    model: Any, step: Callable[[Any, Any], Tensors], batches: list[tuple[Array, Array]], settings: Settings
) -> dict[str, Array]:
    """Capture the steps of these batches and return their tensors, after two checks.  Raises Unverifiable.

    The steps without capturing must give the same bits, and so must a second capture. The model is left in its state
    after the last step.
    """
    begin = snapshot(model)
    first = _run(step, batches)
    after = snapshot(model)
    restore(model, begin)
    _check_fidelity(model, batches, settings, first, after)
    restore(model, begin)
    _check_reproducible(first, _run(step, batches))
    return first


def _run(step: Callable[[Any, Any], Tensors], batches: list[tuple[Array, Array]]) -> dict[str, Array]:
    """Take the steps and return all their tensors by name (`step1/Z1`)."""
    run: dict[str, Array] = {}
    for number, (X, y) in enumerate(batches, 1):
        tensors = step(tf.constant(X), tf.constant(y))
        named = {"X": X, "y": y, **{name: np.asarray(t) for name, t in tensors.items()}}
        outputs = next(a.shape[-1] for name, a in reversed(named.items()) if name[0] == "Z")
        named["y"] = one_hot(y, outputs, named["C"].dtype)
        run |= {in_step(number, name): as_rows(name, array) for name, array in named.items()}
    return run


def _check_fidelity(
    model: Any, batches: list[tuple[Array, Array]], settings: Settings, first: dict[str, Array], after: list[Array]
) -> None:
    """Take the steps with Keras's own functions.  Raises Unverifiable, naming the first tensor with other bits."""
    other = f"an ordinary run gives other bits{XLA if settings.jit else ''}"
    for number, (X, y) in enumerate(batches, 1):
        if not settings.training:
            last = understand(model).network.in_prediction.places[-1][1].gives
            ordinary = {last: np.array(model.predict_on_batch(X))}
        else:
            model.train_on_batch(X, y)
            ordinary = {new(P): to_numpy(v) for P, v in parameters(model).items()}
        for name, array in ordinary.items():
            if not same_bits(as_rows(name, array), first[in_step(number, name)]):
                raise Unverifiable(f"capturing step {number} changed {name}: {other}")
    if settings.training:
        for variable, value in zip(variables(model), after, strict=True):
            if variable.path.startswith(model.optimizer.name) and not same_bits(to_numpy(variable), value):
                raise Unverifiable(f"capturing changed {variable.path}: {other}")


def _check_reproducible(first: dict[str, Array], second: dict[str, Array]) -> None:
    """Compare two captures.  Raises Unverifiable, naming the first tensor whose bits differ."""
    for name, array in first.items():
        if not same_bits(array, second[name]):
            raise Unverifiable(f"the capture is not reproducible: a second run gives {name} other bits")
