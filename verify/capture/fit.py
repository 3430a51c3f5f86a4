"""Train a model of the user's own by `model.fit`, and record what is verified."""

import warnings
from collections.abc import Callable
from typing import Any

from reference.network import Network
from verify.capture.callback import ByHand
from verify.errors import DivergenceWarning
from verify.lockstep.verifier import Judged


class Recorder(ByHand):
    """The callback, with a record of every verified step, with its epoch from 1, and of what Keras reports of each.

    `advance` is called with the steps taken and their number.
    """

    def __init__(self, every: int, advance: Callable[[int, int], None]) -> None:
        super().__init__(every)
        self.judged: list[tuple[int, Judged]] = []
        self.logs: list[dict[str, float]] = []
        self.advance = advance

    @property
    def network(self) -> Network:
        """The network that was trained."""
        return self._understood.network

    def on_step_judged(self, judged: Judged) -> None:
        """Record a verified step."""
        self.judged.append((len(self.logs) + 1, judged))

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Show the progress."""
        self.advance(self.steps, self.params["epochs"] * (self.params["steps"] or 0))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Record what Keras reports of an epoch."""
        self.logs.append({name: float(value) for name, value in (logs or {}).items()})


def fit(
    model: Any, x: Any, y: Any, batch: int, epochs: int, every: int, advance: Callable[[int, int], None]
) -> Recorder:
    """Train a compiled model on x and y, and return the record.  Raises Unsupported or Unusable."""
    recorder = Recorder(every, advance)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)  # the headline says it
        model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0, callbacks=[recorder])
    return recorder
