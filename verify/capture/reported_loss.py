"""The loss that Keras reports of a step, and whether it is the expected one."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from verify.capture.essay_model import to_numpy
from verify.records.settings import Settings


def reported_loss(model: Any, logs: Mapping[str, Any]) -> float:
    """Return the loss that Keras reports of a step; NaN if it reports none.

    It is "loss" in the logs. If a metric has that name too, Keras's loss tracker has it.
    """
    metrics = [inner for metric in model.metrics for inner in (getattr(metric, "metrics", None) or [metric])]
    if any(metric.name == "loss" and metric is not model._loss_tracker for metric in metrics):
        return float(to_numpy(model._loss_tracker.result()))
    return float(logs.get("loss", np.nan))


def same_loss(reported: float, expected: float, scale: float, settings: Settings, loose: bool) -> bool:
    """Return whether a loss that Keras reports is the expected one.

    Keras computes it as Σ(N·C) / ΣN; `scale` is Σ|N·C| / ΣN. `loose`: the step's results have other bits, so C has too.
    """
    if not np.isfinite([reported, expected]).all():
        return str(reported) == str(expected)  # NaN is not equal to NaN
    return (
        abs(reported - expected)
        <= (2.0**-10 if settings.jit or loose else 4 * float(np.finfo(settings.dtype).eps)) * scale
    )
