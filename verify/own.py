"""`--model`: a user's model on the samples of the options, or on the examples that its function handed over."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from verify import models
from verify.errors import Unusable
from verify.interface import capture_copy
from verify.models import Given
from verify.pick import pick
from verify.trace import Array, Trace

MOST = 200  # steps held in memory


def capture_own(command: str, given: argparse.Namespace) -> Trace:
    """Load the model and let a copy of it take the steps.  Raises Unusable or Unverifiable."""
    own = models.load(given.model, given.trust, given.verbose)
    batches = _batches(own, given)
    optimizer, loss = _missing(own.model, given)
    return capture_copy(own.model, batches, optimizer, loss, given.verbose, command)


def _missing(model: Any, given: argparse.Namespace) -> tuple[Any, Any]:
    """Optimizer and loss of the options, for a model that was not compiled."""
    if getattr(model, "compiled", False):
        return None, None
    return getattr(given, "optimizer", "sgd"), getattr(given, "loss", "categorical_crossentropy")


def _batches(own: Given, given: argparse.Namespace) -> list[tuple[Array, Array]]:
    """X and y of each step, from the options' samples or the function's, going round at the end."""
    steps = getattr(given, "steps", 1)
    if own.x is None or own.y is None:
        x, y, first, size = _of_samples(own.model, given)
    else:
        if given.digit is not None or given.data != "digits" or given.image:
            raise Unusable(f"--model {given.model}: its function brings its own x and y; leave --data, --digit and "
                           "--image away")  # fmt: skip
        x, y, first, size = own.x, own.y, given.index or 0, given.batch if given.batch > 1 else len(own.x)
        if len(x) != len(y) or not first < len(x) or size > len(x):
            raise Unusable(f"--model {given.model}: x has {len(x)} examples and y {len(y)}; --index {first} and "
                           f"--batch {size} do not fit")  # fmt: skip
    places = [np.arange(first + k * size, first + (k + 1) * size) % len(x) for k in range(steps)]
    return [(x[at], y[at]) for at in places]


def _of_samples(model: Any, given: argparse.Namespace) -> tuple[Array, Array, int, int]:
    """Images in the shape the model takes; labels as its loss wants them, whole numbers or one-hot."""
    picked = pick(given, batch=given.batch)
    drawn = picked.samples
    shape, outputs = tuple(model.input_shape[1:]), int(model.output_shape[-1])
    images = drawn.images
    if images.shape[1] != int(np.prod(shape)):
        raise Unusable(f"--model {given.model}: it takes {list(shape)}, and the images of --data {given.data} have "
                       f"{images.shape[1]} pixels")  # fmt: skip
    if outputs < len(drawn.classes):
        raise Unusable(f"--model {given.model}: it has {outputs} outputs, and --data {given.data} has "
                       f"{len(drawn.classes)} classes")  # fmt: skip
    cost = model.loss if getattr(model, "compiled", False) else given.loss if hasattr(given, "loss") else ""
    sparse = "sparse" in str(getattr(cost, "name", getattr(cost, "__name__", cost)))
    labels = drawn.labels if sparse else np.eye(outputs)[drawn.labels]
    return images.reshape(-1, *shape), labels, picked.index, given.batch
