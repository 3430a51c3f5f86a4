"""What a training is: its settings, and which images each step sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verify.inputs.samples import Samples
from verify.records.settings import Settings


@dataclass(frozen=True)
class Course:
    """One training. `every` K verifies each K-th step; `batch` is in images, `epochs` in passes over all of them."""

    seed: int = 0
    dtype: str = "float32"
    data: str = "digits"
    batch: int = 32
    epochs: int = 20
    every: int = 1
    optimizer: str = "adam"
    loss: str = "categorical_crossentropy"
    jit: bool = False

    @property
    def settings(self) -> Settings:
        """The same for one step of it."""
        mine = {f.name for f in fields(Settings)} & {f.name for f in fields(self)}
        return replace(Settings(command="training"), **{name: getattr(self, name) for name in mine})

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def steps_of_epoch(self, images: int) -> int:
        """Whole batches, and one more with what is left over."""
        return -(-images // self.batch)

    def order(self, epoch: int, images: int) -> NDArray[np.int64]:
        """The order in which an epoch (from 1) goes through the images: a function of seed and epoch alone."""
        return np.random.default_rng([self.seed, epoch]).permutation(images)

    def batches(self, samples: Samples, epoch: int, skip: int = 0) -> Iterator[tuple[NDArray[Any], NDArray[Any]]]:
        """X [N, 784] and one-hot y [N, 10] of the epoch's steps, without the first `skip`."""
        order = self.order(epoch, len(samples))
        for first in range(skip * self.batch, len(order), self.batch):
            yield samples.rows(order[first : first + self.batch], self.dtype)
