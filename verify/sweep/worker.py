"""Compute one case in a worker process, which imports TensorFlow once and reuses its compiled models.

A worker computes one case at a time in one thread, so that neither bits nor speed depend on what else runs. Capture
and comparison are those of `verify.backprop`, without the chained rows. Every case makes both checks of the capture.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from reference.rules import Rule, given_names, rules
from reference.tensor_names import is_state, read, split_step
from verify.compare.walk import compare
from verify.compare.wording import describe
from verify.errors import Unusable, Unverifiable
from verify.inputs import samples
from verify.inputs.samples import Samples
from verify.records.precision import Floats
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Trace
from verify.runtime.malloc import keep_freed
from verify.runtime.stderr import hushed
from verify.sweep import provenance
from verify.sweep.case_result import AGREES, DISAGREES, UNVERIFIED, CaseResult, columns, failed_case
from verify.sweep.plan import Case
from verify.sweep.user_model import capture_case

if TYPE_CHECKING:
    from verify.capture.model_cache import ModelCache

ONE_AT_A_TIME = threading.Lock()  # a worker may have been started with several threads


@dataclass(frozen=True)
class Work:
    """The function that a worker runs for each case, with what it must find there.

    `versions` are the versions that the worker must have, and `digest` identifies the images.
    """

    versions: Mapping[str, str]
    digest: str

    def __call__(self, case: Case) -> CaseResult:
        """Return the result of a case.

        Raises Unusable if the worker has other versions or images. If the case cannot be verified, the result says so.
        """
        if difference := provenance.first_difference(self.versions, provenance.versions()):
            raise Unusable(f"it has {difference}")
        with ONE_AT_A_TIME, threadpool_limits(1):
            images, digest = _samples(case.settings.data, case.settings.split)
            if digest != self.digest:
                raise Unusable(f"it has other images in --data {case.settings.data}")
            try:
                return judge(case, capture_case(case) if case.model else _model_cache().capture(case.settings, images))
            except Unverifiable as error:
                return failed_case(case, UNVERIFIED, str(error))


def judge(case: Case, captured: Trace) -> CaseResult:
    """Return the result of a captured case: every tensor of every step against its equation, locally."""
    comparisons = compare(captured, "backprop", modes=("local",)).comparisons
    if not sum(c.elements for c in comparisons):
        return failed_case(case, UNVERIFIED, "nothing was compared")
    failed = [c for c in comparisons if c.failed]
    if failed and all(c.verdict == "unjudged" for c in failed):
        return failed_case(case, UNVERIFIED, describe(failed[0]))
    status = DISAGREES if failed else AGREES
    return CaseResult(case.number, status, "", *predictions(captured), bits(captured), columns(comparisons))


def predictions(captured: Trace) -> tuple[int, int, int, int]:
    """Return how many images all steps have, how many are correct by hand and by TensorFlow, and how many differ.

    Predictions are made before each step's update. Those by hand use X, the weights and what
    no rule computes alone, in float64.
    """
    settings, network = captured.settings, captured.network
    plan = rules(network, settings.loss, OPTIMIZERS[settings.optimizer])
    counts = np.zeros(4, dtype=np.int64)
    for number in range(1, settings.steps + 1):
        step = captured.step(number)
        given = {name: step[name].astype(np.float64) for name in given_names(network)}
        by_hand = by_the_equations(plan, given)[network.output[1].gives].argmax(axis=1)
        tensorflow, label = step[network.output[1].gives].argmax(axis=1), step[network.labels[0]].argmax(axis=1)
        correct = np.sum(by_hand == label), np.sum(tensorflow == label)
        counts += [len(label), *correct, np.sum(by_hand != tensorflow)]
    images, right_by_hand, right_tensorflow, differ = counts.tolist()
    return images, right_by_hand, right_tensorflow, differ


def by_the_equations(plan: tuple[Rule, ...], given: dict[str, Floats]) -> dict[str, Floats]:
    """Return all tensors of a forward pass from what no rule computes."""
    tensors = dict(given)
    for rule in plan:
        if rule.phase == "forward" and read(rule.tensor).quantity != "C":
            tensors[rule.tensor] = rule(tensors)
    return tensors


def bits(captured: Trace) -> str:
    """Return the hexadecimal SHA-256 of every step's cost and new weights, which depend on all other tensors."""
    digest = hashlib.sha256()
    for name, array in captured.tensors.items():
        tensor = split_step(name)[1]
        if tensor == "C" or is_state(tensor, "new"):
            digest.update(f"{name} {array.dtype} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


@lru_cache(maxsize=2)
def _samples(data: str, split: str) -> tuple[Samples, str]:
    """Return the images of a split, and their digest."""
    images = samples.load(data, split)
    return images, images.digest()


@lru_cache(maxsize=1)
def _model_cache() -> ModelCache:
    """Import TensorFlow and return its model cache.  Raises Unverifiable if it cannot be imported."""
    keep_freed()
    with hushed():
        try:
            from verify.capture.model_cache import ModelCache
            from verify.capture.threads import one_thread
        except ImportError as error:
            raise Unverifiable(f"TensorFlow cannot be imported ({error})") from error
        one_thread()
    return ModelCache()
