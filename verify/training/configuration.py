"""The configuration of a training: its settings, and which images each step uses."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.inputs.samples import Samples
from verify.records.settings import Settings
from verify.records.trace import Array

OPTIONS = ("seed", "dtype", "data", "batch", "epochs", "every", "optimizer", "loss", "jit")  # what the user chooses


@dataclass(frozen=True)
class TrainingConfiguration(Settings):
    """The configuration of one training: the settings of a step, and how many steps there are.

    Every `every`-th step is verified. `batch` counts images, `epochs` counts passes over all training images.
    """

    command: str = "training"
    batch: int = 32
    epochs: int = 20
    every: int = 1

    @property
    def settings(self) -> Settings:
        """The settings of one step of this training."""
        return Settings(**{f.name: getattr(self, f.name) for f in fields(Settings)})

    def to_dict(self) -> dict[str, Any]:
        """Return the options as they stand in JSON."""
        return {name: getattr(self, name) for name in OPTIONS}

    def steps_of_epoch(self, images: int) -> int:
        """Return the number of steps in an epoch: whole batches, and one smaller batch if images are left over."""
        return -(-images // self.batch)

    def order(self, epoch: int, images: int) -> NDArray[np.int64]:
        """Return the order in which an epoch (from 1) uses the images; it depends on seed and epoch alone."""
        return np.random.default_rng([self.seed, epoch]).permutation(images)

    def batches(self, samples: Samples, epoch: int, skip: int = 0) -> Iterator[tuple[Array, Array]]:
        """Yield X [N, 784] and one-hot y [N, 10] of each step of the epoch, without the first `skip` steps."""
        order = self.order(epoch, len(samples))
        for first in range(skip * self.batch, len(order), self.batch):
            yield samples.rows(order[first : first + self.batch], self.dtype)
