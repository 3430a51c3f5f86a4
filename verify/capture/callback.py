"""A Keras callback that verifies steps of a user's own `model.fit` while it runs, without changing any bit.

For each verified step, the callback saves the state of model and optimizer, captures the step, and restores the state.
Then Keras's own step runs on the same batch. Its new weights must equal the captured ones, bit for bit.
"""

import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from reference.tensor_names import new
from verify.capture.compile_arguments import loss_text, optimizer_text
from verify.capture.essay_model import moments, parameters, to_numpy
from verify.capture.model_reader import Understood, understand
from verify.capture.step import training
from verify.compare.recompute import reproduced_text
from verify.compare.tensor import Comparison
from verify.compare.wording import DERIVED, describe
from verify.errors import Unsupported, Unusable
from verify.lockstep.verifier import Lockstep
from verify.records.arrays import as_rows, one_hot, same_bits
from verify.records.settings import GIVEN, Settings


class DivergenceWarning(UserWarning):
    """Warns that TensorFlow did not compute what the equations say in a training step."""


class ByHand(keras.callbacks.Callback):  # type: ignore[misc]
    """A callback that verifies every `every`-th step.

    At the first divergence it warns and, with `stop`, ends the training.
    The results are `passed`, `headline`, `verified` (steps), `elements` and `first` (the first divergence, or None).
    Raises Unsupported at the beginning of a training that it cannot verify, naming what is not supported.
    """

    def __init__(self, every: int = 1, stop: bool = True) -> None:
        super().__init__()
        if type(every) is not int or every < 1:
            raise Unusable(f"every: a whole number of 1 or more is needed, not {every!r}")
        self.every, self.stop = every, stop
        self.verified = self.elements = self.reproduced = self.steps = 0
        self.first: Comparison | None = None
        self.first_step = 0
        self.problem = ""

    @property
    def passed(self) -> bool:
        """True if numbers were compared, none diverged, and every verified step could be captured."""
        return self.elements > 0 and self.first is None and not self.problem

    @property
    def headline(self) -> str:
        """The result in one line that begins with PASS or FAIL."""
        if self.problem:
            return f"FAIL {self.problem}"
        if self.first is not None:
            return f"FAIL {describe(self.first)}"
        if not self.elements:
            return "FAIL nothing was compared"
        return (
            f"PASS TensorFlow computed what the equations say in {self.verified:,} of {self.steps:,} training steps: "
            f"{reproduced_text(self.reproduced, self.elements, '', DERIVED)}"
        )

    def assert_passed(self) -> None:
        """Raise AssertionError with the headline unless the training passed."""
        if not self.passed:
            raise AssertionError(self.headline)

    def on_train_begin(self, logs: Any = None) -> None:
        """Prepare the capture and replace Keras's train function.  Raises Unsupported, naming what is not supported."""
        model = self.model
        understood = understand(model)
        if model.steps_per_execution != 1:
            raise Unsupported([("steps_per_execution", "steps are verified one by one")])
        if tf.distribute.has_strategy():
            raise Unsupported([("tf.distribute", "training on one device is verified")])
        dtype = understood.dtype
        self.settings = Settings(
            dtype=dtype,
            data=GIVEN,
            optimizer=optimizer_text(model.optimizer, dtype),
            loss=loss_text(model.loss, dtype),
            jit=bool(model.jit_compile),
        )
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        self._understood: Understood = understood
        self._step = training(model, understood)
        self._lockstep = Lockstep(self.settings, understood.network)
        self._own: Callable[[Any], Any] = model.train_function
        model.train_function = self._train

    def on_train_end(self, logs: Any = None) -> None:
        """Put Keras's train function back."""
        if getattr(self.model, "train_function", None) == self._train:
            self.model.train_function = self._own

    def _train(self, iterator: Any) -> Any:
        """Take one step, and verify it if it is its turn. This replaces Keras's train function.

        Raises Unsupported for a batch with sample weights or without labels.
        """
        self.steps += 1
        number = int(to_numpy(self.model.optimizer.iterations)) + 1
        if self.steps % self.every or not (self.first is None and not self.problem):
            return self._own(iterator)
        data = next(iterator)
        x, y, weight = keras.utils.unpack_x_y_sample_weight(data)
        if weight is not None or y is None:
            self.on_train_end()
            raise Unsupported([("sample_weight", "a loss without sample or class weights is verified, with labels")])
        before = [(variable, to_numpy(variable)) for variable in self._variables()]
        tensors = self._captured(x, y, before, getattr(iterator, "element_spec", None))
        state = {name: as_rows(name, array) for name, array in self._state().items()}
        logs = self._own(_once_more(data, iterator))
        self._note(number, tensors, state)
        return logs

    def _variables(self) -> list[Any]:
        """Return all variables that a step may change."""
        model = self.model
        return [*model.variables, *model.optimizer.variables, *model.metrics_variables]

    def _captured(self, x: Any, y: Any, before: list[tuple[Any, Any]], spec: Any) -> dict[str, Any]:
        """Return the tensors of a step on this batch, then restore the variables to `before`."""
        step = self._step
        if spec is not None and hasattr(step, "get_concrete_function"):
            step = step.get_concrete_function(*spec[:2])  # traced for the same shapes as Keras's own step
        tensors = {name: np.asarray(t) for name, t in step(x, y).items()}
        for variable, value in before:
            variable.assign(value)
        outputs = self._understood.network.sizes[-1]
        tensors["X"] = np.asarray(x).astype(self.settings.dtype)
        tensors["y"] = one_hot(np.asarray(y), outputs, self.settings.dtype).astype(self.settings.dtype)
        return {name: as_rows(name, array) for name, array in tensors.items()}

    def _state(self) -> dict[str, Any]:
        """Return every parameter P and the optimizer's moments of P, by name."""
        variables = parameters(self.model)
        variables |= moments(self.model, variables)
        return {name: to_numpy(variable) for name, variable in variables.items()}

    def _note(self, number: int, tensors: dict[str, Any], state: dict[str, Any]) -> None:
        """Judge a step and add its result to the totals. At the first divergence, warn and perhaps end the training."""
        for P, variable in parameters(self.model).items():
            if not same_bits(as_rows(P, to_numpy(variable)), tensors[new(P)]):
                self.problem = f"could not verify step {number}: capturing it gave {new(P)} other bits"
        judged = self._lockstep.judge(number, tensors, state if number > 1 else None)
        self.verified += 1
        self.elements += judged.elements
        self.reproduced += judged.reproduced
        self.first = self.first or (judged.failed[0] if judged.failed else None)
        if self.first is not None or self.problem:
            warnings.warn(self.headline, DivergenceWarning, stacklevel=2)
            if self.stop:
                self.model.stop_training = True


def _once_more(data: Any, iterator: Any) -> Any:
    """Return an iterator that yields this batch again.

    If TensorFlow knew the number of examples before, it still knows it; otherwise it still does not. A division by a
    known number may become a multiplication, which gives other bits.
    """
    spec = getattr(iterator, "element_spec", None)
    if spec is None or all(part.shape[0] is not None for part in tf.nest.flatten(spec)):
        return iter(tf.data.Dataset.from_tensors(data))
    return iter(tf.data.Dataset.from_tensor_slices(data).batch(len(tf.nest.flatten(data)[0])))
