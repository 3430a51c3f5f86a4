"""One step of a user's `model.fit`: what was captured, and whether Keras's own step did the same."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from reference.optimizers.around import AVERAGE
from reference.tensor_names import kept
from verify.capture.batch import Batch, as_weights, parts
from verify.capture.capture import check_eagerly, has_own_results, reasons, with_own_results
from verify.capture.essay_model import moments, steps_taken, to_numpy
from verify.capture.model_graph import Graph
from verify.capture.parameters import CONSTRAINTS, REGULARIZERS
from verify.capture.reported_loss import reported_loss, same_loss
from verify.capture.understood import Understood
from verify.errors import Unverifiable
from verify.records.arrays import same_bits
from verify.records.settings import Settings
from verify.records.trace import Array


@dataclass(frozen=True)
class CapturedStep:
    """A captured step, before Keras takes its own.

    `begin` and `after` have all variables of the model before and after the captured step. `reported` has the sum of
    the losses that Keras has reported before, and the number of their examples.
    """

    model: Any
    understood: Understood
    number: int
    settings: Settings
    batch: Batch
    tensors: dict[str, Array]
    begin: list[Array]
    after: list[Array]
    reported: tuple[float, float]

    def with_own_results(self, logs: Any) -> tuple[dict[str, Array], str]:
        """Return the tensors, with results of Keras's own step that have other bits, and what differs ("": nothing).

        Keras has just taken its own step, and reports `logs`. A compiled step whose results have other bits is taken
        once more, eagerly: then Python code cannot be the reason.
        """
        try:
            tensors = with_own_results(self.model, self.understood, self.settings, self.tensors, self.after)
            if has_own_results(tensors):
                check_eagerly(self.model, self.understood, [self.batch], self.settings, self.begin)
        except Unverifiable as error:
            return self.tensors, str(error)
        return tensors, self._loss_differs(logs, has_own_results(tensors)) or self._count_differs()

    def _loss_differs(self, logs: Any, loose: bool) -> str:
        """Return that Keras reports another loss than the mean of the costs, or ""."""
        (total, count), N, C = self.reported, self.batch.examples, float(self.tensors["C"])
        dtype = np.dtype(self.settings.dtype).type
        with np.errstate(all="ignore"):  # Keras's sum may overflow
            expected = float((dtype(total) + dtype(N * C)) / dtype(count + N))
        scale, reported = (abs(total) + abs(N * C)) / (count + N), reported_loss(self.model, logs)
        if same_loss(reported, expected, scale, self.settings, loose):
            return ""
        return f"Keras reports the loss {reported!r}, the mean of the costs is {expected!r}{reasons(self.model)}"

    def _count_differs(self) -> str:
        """Return that optimizer.iterations did not rise by 1, or ""."""
        counted = steps_taken(self.model.optimizer)
        if counted == self.number:
            return ""
        return f"optimizer.iterations is {counted} after a step that began at {self.number - 1}{reasons(self.model)}"


def reported_so_far(model: Any) -> tuple[float, float]:
    """Return the sum of the losses of the examples that Keras has reported in this epoch, and their number."""
    tracker = model._loss_tracker
    return float(to_numpy(tracker.total)), float(to_numpy(tracker.count))


def trained(model: Any) -> tuple[Any, ...]:
    """Return what must stay the same in a training: the optimizer, the loss, and the variables that are trained.

    The options of regularizers and constraints must stay, too. One of the person's own has no options that are known.
    """
    every, layers = model.trainable_variables, model._flatten_layers(include_self=False)
    parts = [part for v in every for part in (v.regularizer, v.constraint)]
    parts += [getattr(layer, "activity_regularizer", None) for layer in layers]
    known = (*REGULARIZERS, *CONSTRAINTS)
    options = ((type(part), part.get_config()) if type(part) in known else id(part) for part in parts)
    return id(model.optimizer), id(model._compile_loss), *map(id, every), *options


def not_averaged(model: Any, understood: Understood) -> str:
    """Return which parameter is not its average, which Keras puts in the place of each after `fit`; "": all are."""
    learned = {P: variable for P, variable in understood.parameters.items() if variable.trainable}
    averages = moments(model, learned)
    every = ((P, variable, averages[kept(AVERAGE, P)]) for P, variable in learned.items())
    different = (P for P, variable, mean in every if not same_bits(to_numpy(variable), to_numpy(mean)))
    return next((f"at the end of fit {P} is not its average (use_ema)" for P in different), "")


def specs_of(batch: tuple[tuple[Any, ...], ...], spec: Any, graph: Graph) -> tuple[tuple[Any, ...], ...]:
    """Return the shapes and dtypes of inputs, labels and weights: those of the iterator's batches, or of this batch."""
    if spec is None:
        return tuple(tuple(tf.TensorSpec.from_tensor(tf.convert_to_tensor(x)) for x in part) for part in batch)
    x, y, *s = spec
    weights = as_weights(s[0], graph.output_names) if batch[2] else ()
    return parts(x, graph.input_names, "x"), parts(y, graph.output_names, "y"), weights


def once_more(data: Any, iterator: Any) -> Any:
    """Return an iterator that yields this batch again.

    If TensorFlow knew the number of examples before, it still knows it; otherwise it still does not. A division by a
    known number may become a multiplication, which gives other bits.
    """
    spec = getattr(iterator, "element_spec", None)
    if spec is None or all(part.shape[0] is not None for part in tf.nest.flatten(spec)):
        return iter(tf.data.Dataset.from_tensors(data))
    return iter(tf.data.Dataset.from_tensor_slices(data).batch(len(tf.nest.flatten(data)[0])))
