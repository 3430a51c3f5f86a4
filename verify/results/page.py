"""What the page of a run shows beyond its tables: the network, the samples, and the details of every tensor."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from reference.network import Network
from reports.detail import Closeup, Detail, LayerDrawing
from reports.explanation import Step
from reports.table import Picture, Table
from verify.compare.tensor import Comparison, Errors, Tolerance
from verify.compare.walk import TraceComparison
from verify.derive.case import DerivedStep
from verify.derive.derivation import explain as derive
from verify.errors import Unusable
from verify.records.precision import PRECISIONS
from verify.records.settings import Settings
from verify.records.trace import Array
from verify.results.result import Result, summary
from verify.results.tensor_views import Explain, closeup

SAMPLES = 6  # examples of a batch that are drawn
FEW = 80  # with more tensors than this, only the worst number of each is derived; one takes milliseconds
MANY = 400  # tensors with details at most: nobody reads a longer page
ACTIVATIONS = {"relu": "ReLU"}


def detail(result: Result) -> Detail:
    """Return the details of a result; only the tables of tensors if the result no longer has what it compared."""
    compared = result.compared
    if compared is None:
        return Detail(tensors=modes(result))
    trace, step = compared.walk.trace, compared.shown.step
    shown = [c for c in result.local if c.step == step or not c.step]
    which = f"Step {step}" if result.settings.steps > 1 else "The step"
    about = (
        f"{which}, every tensor beside its equation on TensorFlow's own inputs. A map has a cell for each number, or "
        "for the worst of a block of them: the darker, the more of what rounding allows was used. The errors are drawn "
        "beside the magnitudes of the numbers, both as powers of ten, with the band of what is allowed. Single numbers "
        "are derived by hand: exactly, or with every digit shown correct."
    )
    explain = _explainer(compared, result.tolerance, all_listed=len(shown) <= FEW)
    closeups = tuple(_near(c, compared, result.tolerance, explain) for c in shown[:MANY])
    return Detail(
        layers(trace.network, layer_shares(result.local), near=True),
        () if result.pictures else samples(trace.step(step), trace.network, result.settings, trace.label),
        modes(result),
        closeups,
        about,
    )


def modes(result: Result) -> tuple[tuple[str, Table], ...]:
    """Return two tables of the tensors at their worst step: on TensorFlow's own inputs, and by hand from the start."""
    titles = {
        "local": "Each tensor against its equation, on TensorFlow's own inputs",
        "chained": "Each tensor computed by hand from X, y and the first weights alone",
    }
    tables = []
    for mode, title in titles.items():
        rows = worst_steps(c for c in result.comparisons if c.mode == mode)
        if rows:
            near = {c.tensor for c in rows} if result.compared is not None else set()
            tables.append((mode, summary(rows, title + (" (worst step)" if result.settings.steps > 1 else ""), near)))
    return tuple(tables)


def worst_steps(comparisons: Iterable[Comparison]) -> tuple[Comparison, ...]:
    """Return each tensor at the step where it disagrees most, in the order of computing."""
    worst: dict[str, Comparison] = {}
    for c in comparisons:
        before = worst.get(c.tensor)
        if before is None or _badness(c) > _badness(before):
            worst[c.tensor] = c
    return tuple(worst.values())


def _badness(c: Comparison) -> tuple[bool, float]:
    return not c.passed, -1.0 if math.isnan(c.utilisation) else c.utilisation


def layer_shares(comparisons: Iterable[Comparison]) -> dict[int, tuple[float, str, bool]]:
    """Return for each layer the largest share of the bound, the tensor that has it, and whether all tensors agree."""
    shares: dict[int, tuple[float, str, bool]] = {}
    for c in comparisons:
        share = math.inf if math.isnan(c.utilisation) else c.utilisation
        before = shares.get(c.layer, (-1.0, "", True))
        first = (c.passed, -share) < (before[2], -before[0])
        shares[c.layer] = ((share, c.tensor) if first else before[:2]) + (before[2] and c.passed,)
    return shares


def layers(network: Network, shares: Mapping[int, tuple[float, str, bool]], near: bool) -> tuple[LayerDrawing, ...]:
    """Return the layers, named as in the essay's Figure 3: I, H1, H2, O; `near`: each links to its tensors' details."""
    drawn = []
    for number, nodes in enumerate(network.sizes):
        name = "I" if not number else "O" if number == network.depth else f"H{number}"
        activation = network.activations[number - 1] if number else "input"
        link = f"layer-{number}" if near and number in shares else ""
        layer = LayerDrawing(number, name, nodes, ACTIVATIONS.get(activation, activation), link=link)
        if number in shares:
            share, worst, passed = shares[number]
            layer = replace(layer, share=share, worst=worst, passed=passed)
        drawn.append(layer)
    return tuple(drawn)


def samples(
    captured: Mapping[str, Array], network: Network, settings: Settings, name: Callable[[int], str] = str
) -> tuple[Picture, ...]:
    """Return the first examples of the batch as pictures, if they are square; `name` maps a class to its name."""
    X, y, side = captured.get("X"), captured.get("y"), math.isqrt(network.sizes[0])
    if X is None or X.ndim != 2 or side * side != X.shape[1] or side < 4 or not np.isfinite(X).all():
        return ()
    pictures = []
    for i, row in enumerate(X[:SAMPLES].astype(np.float64)):
        low, high = min(0.0, float(row.min())), max(1.0, float(row.max()))
        pixels = ((row - low) / (high - low) * 255).round().astype(np.uint8).reshape(side, side)
        labelled = (
            y is not None and y.ndim == 2 and len(y) > i and np.isfinite(y).all() and settings.command != "prediction"
        )
        label = f", labelled {name(int(np.argmax(y[i])))}" if labelled and y is not None else ""
        more = f" of {len(X):,}" if len(X) > 1 else ""
        title = f"Example {i + 1}{more}{label}"
        pictures.append(Picture(f"sample{i + 1}.png", f"{title}: {side} by {side} pixels", _png(pixels), title))
    return tuple(pictures)


def _png(pixels: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _near(c: Comparison, compared: TraceComparison, tolerance: Tolerance | None, explain: Explain) -> Closeup:
    trace = compared.walk.trace
    ball, array = compared.shown.local.get(c.tensor), trace.step(compared.shown.step).get(c.tensor)
    if ball is None or array is None or ball.shape != array.shape or c.verdict in ("dtype", "shape"):
        return closeup(c, None, explain)
    bound = tolerance.allowed(ball.value) if tolerance else ball.spread()
    return closeup(c, Errors.of(ball.value, bound, array, PRECISIONS[trace.settings.dtype]), explain)


def _explainer(compared: TraceComparison, tolerance: Tolerance | None, all_listed: bool) -> Explain:
    """Return a function that derives single numbers of the shown step; only the worst gets its sources of rounding."""
    case = DerivedStep(compared.walk.trace, compared.shown.step, compared.shown.local)

    def explain(tensor: str, index: tuple[int, ...], worst: bool) -> Step | None:
        if not (worst or all_listed):
            return None
        try:
            from_one = tuple(i + 1 for i in index)
            return derive(case, tensor, from_one, 1, why=worst and tolerance is None).steps[0]
        except Unusable:  # an input is missing or not finite; the sentence about the tensor says so
            return None

    return explain
