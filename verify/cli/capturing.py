"""From options to a trace: a saved trace, or one captured from TensorFlow, whose exceptions are caught here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, filterwarnings

import numpy as np

from reference.losses import kinds
from verify.cli.console import waiting
from verify.cli.options import Options
from verify.errors import Unusable, Unverifiable
from verify.inputs import samples
from verify.inputs.choice import choose_sample
from verify.inputs.samples import Samples
from verify.records import trace_file
from verify.records.arrays import examples, of_each
from verify.records.settings import Settings
from verify.records.trace import Array, Trace
from verify.runtime.stderr import hushed

if TYPE_CHECKING:
    from verify.inputs.model_files import UserModel

CHOSEN = ("seed", "dtype", "split", "batch", "jit", "steps", "optimizer", "loss")
Batch = tuple[Any, ...]  # x and y, and perhaps the weights of the examples


def capture_for(command: str, options: Options) -> Trace:
    """Capture from TensorFlow what the options ask for.  Raises Unusable or Unverifiable."""
    if options.model:
        return _capture_model_file(command, options)
    choice = choose_sample(options, batch=options.batch)
    chosen = {name: getattr(options, name) for name in CHOSEN}
    settings = Settings(command=command, data=choice.data, index=choice.index, **chosen)
    return captured(settings, choice.samples, options.verbose)


def captured(settings: Settings, samples: Samples, verbose: bool, weights: Mapping[str, Array] | None = None) -> Trace:
    """Capture these settings on these samples.  Raises Unverifiable for any error in TensorFlow."""
    with guarded_tensorflow(verbose):
        from verify.capture.capture import capture

        return capture(settings, samples, weights)


@contextmanager
def guarded_tensorflow(verbose: bool, refusals: tuple[type[Exception], ...] = (Unverifiable,)) -> Iterator[None]:
    """Start TensorFlow quietly; inside the `with` block, turn every exception but `refusals` into Unverifiable."""
    with waiting("Starting TensorFlow and capturing"), hushed(verbose), catch_warnings():
        filterwarnings("ignore", category=DeprecationWarning, module=r"keras\.")  # with `-W error` they would be errors
        try:
            import_module("verify.capture.capture")
        except ImportError as error:
            raise Unverifiable(f"TensorFlow cannot be imported ({error})") from error
        try:
            yield
        except refusals:
            raise
        except Exception as error:
            text = (str(error).splitlines() or [""])[0][:200]
            raise Unverifiable(f"TensorFlow failed in the capture: {type(error).__name__} {text}") from error


def from_file(command: str, options: Options) -> Trace:
    """Read the trace of --trace.  Raises Unusable if it cannot serve this command."""
    trace = trace_file.load(options.trace)
    if command == "backprop" and not trace.settings.training:
        raise Unusable(f"--trace {options.trace}: it holds a forward pass only; verify it with verify.feedforward")
    return trace


def capture_user_model(
    model: Any,
    batches: list[Batch],
    optimizer: Any = None,
    loss: Any = None,
    verbose: bool = False,
    command: str = "backprop",
) -> Trace:
    """Capture one training step of the user's model for each batch.  Raises Unusable or Unverifiable.

    The model is put back to the last bit.
    """
    with guarded_tensorflow(verbose, (Unusable, Unverifiable)):
        from verify.capture.batch import fitting
        from verify.capture.capture import capture_model
        from verify.capture.user_model import borrowed

        with borrowed(model, optimizer, loss) as (used, understood):
            fit = [fitting(used, understood, *batch) for batch in batches]
            read = understood.with_weights() if fit[0].s else understood
            return capture_model(used, read, fit, command)


def _capture_model_file(command: str, options: Options) -> Trace:
    """Load the model of --model and capture its steps.  Raises Unusable or Unverifiable."""
    from verify.inputs import model_files  # it takes time to import

    return capture_model_of(model_files.load(options.model, options.trust, options.verbose), options, command)


def capture_model_of(user_model: UserModel, options: Options, command: str = "backprop") -> Trace:
    """Capture the steps of a loaded model that the options ask for.  Raises Unusable or Unverifiable."""
    batches = _batches(user_model, options)
    optimizer, loss = None, None
    if not getattr(user_model.model, "compiled", False):  # a forward pass uses neither of the two
        optimizer, loss = "sgd" if command == "feedforward" else options.optimizer, options.loss
    return capture_user_model(user_model.model, batches, optimizer, loss, options.verbose, command)


def _batches(user_model: UserModel, options: Options) -> list[Batch]:
    """Return x and y of each step; the first example follows the last.  Raises Unusable."""
    if user_model.x is None or user_model.y is None:
        x, y, first, size = _from_samples(user_model.model, options)
    else:
        x, y = user_model.x, user_model.y
        first, size = options.index or 0, options.batch if options.batch > 1 else examples(x)
        if options.digit is not None or options.data != "digits" or options.image:
            raise Unusable(
                f"--model {options.model}: its function brings its own x and y; leave --data, --digit and --image away"
            )
        if examples(x) != examples(y) or not first < examples(x) or size > examples(x):
            raise Unusable(
                f"--model {options.model}: x has {examples(x)} examples and y {examples(y)}; --index {first} and "
                f"--batch {size} do not fit"
            )
    rows = [np.arange(first + k * size, first + (k + 1) * size) % examples(x) for k in range(options.steps)]
    return [(of_each(x, itemgetter(of_step)), of_each(y, itemgetter(of_step))) for of_step in rows]


def _from_samples(model: Any, options: Options) -> tuple[Array, Array, int, int]:
    """Return images in the model's shape, labels as its loss needs them, the first index, and the batch size."""
    choice = choose_sample(options, batch=options.batch)
    x, y = _fitted(model, choice.samples, options.model, options.data, options.loss)
    return x, y, choice.index, options.batch


def samples_for(model: Any, name: str, data: str, loss: str) -> tuple[Array, Array]:
    """Return all training images of --data in the shape of the model of --model `name`, and their labels.

    Raises Unusable if they do not fit.
    """
    return _fitted(model, samples.load(data, "train"), name, data, loss)


def _fitted(model: Any, drawn: Samples, name: str, data: str, loss: str) -> tuple[Array, Array]:
    """Return images in a model's shape, and labels as its loss needs them.  Raises Unusable if they do not fit.

    A model with an Embedding gets whole numbers as they are, not divided by 255.
    """
    from verify.capture.batch import reads_row_numbers, taken_and_given

    images = drawn.pixels if reads_row_numbers(model) else drawn.images
    classes, labels = drawn.classes, drawn.labels
    shape, outputs = taken_and_given(model)
    if images.shape[1] != int(np.prod(shape)):
        text = f"it takes {list(shape)}, and the images of --data {data} have {images.shape[1]} pixels; "
        text += "let a module:function return the model, x and y"
        raise Unusable(f"--model {name}: {text}")
    if outputs < len(classes):
        raise Unusable(f"--model {name}: it has {outputs} outputs, and --data {data} has {len(classes)} classes")
    used = model.loss if getattr(model, "compiled", False) else loss
    text = str(getattr(used, "name", getattr(used, "__name__", used)))
    takes_classes = any(kind in text for kind, known in kinds().items() if known.takes_classes)
    return images.reshape(-1, *shape), labels if takes_classes else np.eye(outputs)[labels]
