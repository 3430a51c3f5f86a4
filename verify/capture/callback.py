"""A Keras callback that verifies steps of a user's own `model.fit` while it runs, without changing any bit.

For each verified step, the callback saves the state of model and optimizer, captures the step, and restores the state.
Then Keras's own step runs on the same batch. Its new weights must equal the captured ones, bit for bit.
"""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

from reference.notation import text_of
from verify.capture.batch import unpacked
from verify.capture.compile_arguments import loss_text, optimizer_text
from verify.capture.essay_model import moments, snapshot, steps_taken, to_numpy, variables
from verify.capture.fit_step import CapturedStep, not_averaged, once_more, reported_so_far, specs_of, trained
from verify.capture.memory import unchanged
from verify.capture.model_reader import understand
from verify.capture.step import training, uses_xla
from verify.capture.understood import Understood
from verify.capture.user_model import check_variables
from verify.capture.written import named
from verify.compare.notes import of_step
from verify.compare.recompute import reproduced_text
from verify.compare.tensor import Comparison
from verify.compare.wording import DERIVED, describe
from verify.errors import DivergenceWarning, Unsupported, Unusable
from verify.lockstep.verifier import Judged, Lockstep
from verify.records.arrays import as_row, same_bits
from verify.records.settings import GIVEN, OPTIMIZERS, Settings
from verify.records.trace import Array


class ByHand(keras.callbacks.Callback):  # type: ignore[misc]
    """A callback that verifies every `every`-th step.

    At the first divergence, and if a step cannot be captured, it warns and, with `stop`, ends the training. A step that
    cannot be judged does not end it.
    The results are `passed`, `headline`, `verified` (steps), `elements`, `first` (the first divergence, or None), and
    `notes`: what somebody else changed between two verified steps.
    Raises Unsupported at the beginning of a training that it cannot verify, naming what is not supported.
    """

    def __init__(self, every: int = 1, stop: bool = True) -> None:
        super().__init__()
        if type(every) is not int or every < 1:
            raise Unusable(f"every: a whole number of 1 or more is needed, not {every!r}")
        self.every, self.stop = every, stop
        self.verified = self.elements = self.reproduced = self.steps = 0
        self.first: Comparison | None = None
        self.problem = ""
        self.notes: tuple[str, ...] = ()
        self._seen: list[Any] = []  # the optimizers whose first step was verified

    @property
    def passed(self) -> bool:
        """True if numbers were compared, none diverged, and every verified step could be captured."""
        return self.elements > 0 and self.first is None and not self.problem

    @property
    def _diverged(self) -> bool:
        """True if numbers of a step disagree with their equations. A step that cannot be judged is no such step."""
        return self.first is not None and self.first.verdict != "unjudged"

    @property
    def headline(self) -> str:
        """The result in one line that begins with PASS, FAIL or NOT VERIFIED."""
        if self.problem:
            return f"NOT VERIFIED {self.problem}"
        if self.first is not None:
            return f"{'FAIL' if self._diverged else 'NOT VERIFIED'} {describe(self.first)}"
        if not self.elements:
            return f"NOT VERIFIED nothing was compared (every={self.every}, steps taken: {self.steps})"
        return (
            f"PASS TensorFlow computed what the equations say in {self.verified:,} of {self.steps:,} training steps: "
            f"{reproduced_text(self.reproduced, self.elements, '', DERIVED)}"
            f"{f' (see notes: {len(self.notes)})' if self.notes else ''}"
        )

    def __repr__(self) -> str:
        return f"<{self.headline}>"

    def assert_passed(self) -> None:
        """Raise AssertionError with the headline unless the training passed."""
        if not self.passed:
            raise AssertionError(self.headline)

    def on_train_begin(self, logs: Any = None) -> None:
        """Prepare the capture and replace Keras's train function.  Raises Unsupported, naming what is not supported."""
        model = self.model
        with unchanged(model):
            understood = understand(model)
        check_variables(model, understood)
        if model.steps_per_execution != 1:
            raise Unsupported([("steps_per_execution", "steps are verified one by one")])
        if tf.distribute.has_strategy():
            raise Unsupported([("tf.distribute", "training on one device is verified")])
        dtype = understood.dtype
        optimizer = optimizer_text(model.optimizer, dtype, understood.parameters)
        loss = loss_text(model, understood.graph.output_names, dtype)
        self.settings = Settings(dtype=dtype, data=GIVEN, optimizer=optimizer, loss=loss, jit=uses_xla(model))
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        self._left: tuple[int, dict[str, Array]] = (0, {})
        self._prepare(understood)

    def _prepare(self, understood: Understood) -> None:
        """Prepare to capture and judge the steps of a model."""
        self._understood: Understood = understood
        self._trains = trained(self.model)
        self._step = training(self.model, understood)
        self._traced: dict[Any, tuple[Any, str]] = {}
        self._lockstep = "", Lockstep(self.settings, understood.network)
        self._masks = self._lockstep[1].masks

    def on_train_end(self, logs: Any = None) -> None:
        """Note what Keras does to the weights at the end; warn if the training had too few steps to verify one."""
        if self.problem:
            return
        if self.model.optimizer.use_ema:
            self.problem = not_averaged(self.model, self._understood)
            self._note_once("at the end of fit Keras put the average in the place of each weight (use_ema)")
        if self.problem or not (self.elements or self.first):
            more = f"; step {self.every} would be the first" * (not self.problem)
            warnings.warn(self.headline + more, DivergenceWarning, stacklevel=2)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Replace Keras's train function for one step."""
        self._own: Callable[[Any], Any] = self.model.train_function
        self.model.train_function = self._train

    def _train(self, iterator: Any) -> Any:
        """Take one step, and verify it if it is its turn. This replaces Keras's train function for one step.

        Raises Unsupported for a batch without labels, and Unusable for one that does not fit.
        """
        self.model.train_function = self._own
        data = next(iterator)
        self.steps += 1
        if trained(self.model) != self._trains and not self.problem:
            self.problem = "the model was compiled again, or a layer was frozen or changed, during the training"
            warnings.warn(self.headline, DivergenceWarning, stacklevel=2)
            self.model.stop_training = self.stop or self.model.stop_training
        if self.problem:
            return self._own(once_more(data, iterator))
        batch, given = unpacked(self.model, self._understood, data)
        if batch.s and not self._understood.network.weighted:
            self._prepare(self._understood.with_weights())
        step, optimizer = self._compiled(given, getattr(iterator, "element_spec", None))
        if self.steps % self.every or self._diverged:
            return self._own(once_more(data, iterator))
        settings = replace(self.settings, optimizer=self._with_rate(optimizer))
        number, state = steps_taken(self.model.optimizer) + 1, self._state()
        begin, reported, understood = snapshot(self.model), reported_so_far(self.model), self._understood
        with self._unchanged():
            tensors = named(step(*given), batch, settings, understood.network, understood.channels_first)
            after = snapshot(self.model)
        captured = CapturedStep(self.model, understood, number, settings, batch, tensors, begin, after, reported)
        logs = self._own(once_more(data, iterator))
        tensors, differs = captured.with_own_results(logs)
        self.problem = f"could not verify step {number}: {differs}" if differs else ""
        self._note_changes(number, state)
        self._note(number, tensors, state, settings)
        return logs

    def _compiled(self, batch: tuple[tuple[Any, ...], ...], spec: Any) -> tuple[Any, str]:
        """Return the step for batches like this one, and the optimizer's description when TensorFlow compiled it.

        The step is compiled when Keras compiles its own for the same shapes: a hyper-parameter that a callback changes
        later changes neither. A model that runs eagerly reads it at every step.
        """
        description = self._described()
        if not hasattr(self._step, "get_concrete_function"):
            return self._step, description
        specs = specs_of(batch, spec, self._understood.graph)
        key = tuple((tuple(s.shape), s.dtype) for part in specs for s in part)
        if key not in self._traced:
            with unchanged(self.model):
                traced = self._step.get_concrete_function(*specs)
            self._traced[key] = traced, description
        return self._traced[key]

    def _unchanged(self) -> AbstractContextManager[None]:
        """Return a context that puts the model back: all of it if Python code runs in it, else its variables alone."""
        metrics = self.model.metrics_variables
        return unchanged(*([self.model] if self.model.run_eagerly else [*variables(self.model), *metrics]))

    def _described(self) -> str:
        """Return the description of the optimizer as it is now."""
        return optimizer_text(self.model.optimizer, self.settings.dtype, self._understood.parameters)

    def _with_rate(self, description: str) -> str:
        """Return an optimizer's description with the learning rate that this step begins with."""
        optimizer, rate = cast(Any, OPTIMIZERS[description]), OPTIMIZERS[self._described()].learning_rate
        return text_of(optimizer.name, replace(optimizer, learning_rate=rate)) if type(rate) is float else description

    def _state(self) -> dict[str, Array]:
        """Return every parameter P, the optimizer's moments of P, and what layers keep, by name."""
        understood = self._understood
        variables = understood.parameters | moments(self.model, understood.parameters) | understood.kept
        return {name: as_row(to_numpy(variable)) for name, variable in variables.items()}

    def _note_once(self, text: str) -> None:
        """Add a note, unless it is empty or was added before."""
        if text and text not in self.notes:
            self.notes = (*self.notes, text)

    def _note_changes(self, number: int, state: dict[str, Array]) -> None:
        """Note which weights and moments are not what the last step left, if that step was verified too."""
        last, left = self._left
        changed = [name for name in left if last == number - 1 and not same_bits(left[name], state[name])]
        if changed:
            self._note_once(f"{', '.join(changed)} changed between step {last} and step {number}, not by the optimizer")
        self._left = number, self._state()

    def on_step_judged(self, judged: Judged) -> None:
        """Do something with the result of a verified step; a subclass may record it."""

    def _note(self, number: int, tensors: dict[str, Array], state: dict[str, Array], settings: Settings) -> None:
        """Judge a step and add its result to the totals. At the first divergence, warn and perhaps end the training."""
        if self._lockstep[0] != settings.optimizer:  # a callback may change the learning rate before every step
            self._lockstep = settings.optimizer, Lockstep(settings, self._understood.network)
            self._lockstep[1].masks = self._masks
        first = number == 1 and self.model.optimizer not in self._seen
        if number == 1 and not first:
            self._note_once("optimizer.iterations was set back to 0, not by the optimizer")
        self._seen = [*self._seen, self.model.optimizer] if first else self._seen
        judged = self._lockstep[1].judge(number, tensors, None if first else state)
        self.verified += 1
        self.elements += judged.elements
        self.reproduced += judged.reproduced
        self.on_step_judged(judged)
        failed = sorted(judged.failed, key=lambda c: c.verdict == "unjudged")  # what disagrees comes first
        news = bool(failed) and (self.first is None or failed[0].verdict != "unjudged")
        self.first = failed[0] if news else self.first
        for note in of_step(tensors, self._understood.network, settings, self.verified == 1):
            self._note_once(note)
        strange = [name for name, array in tensors.items() if not np.isfinite(array).all()]
        if strange and not any("NaN" in note for note in self.notes):
            self._note_once(f"step {number}: {', '.join(strange[:3])} hold infinity or NaN")
        if news or self.problem:
            warnings.warn(self.headline, DivergenceWarning, stacklevel=2)
        if self.stop and (self._diverged or self.problem):
            self.model.stop_training = True
