"""The parts of a page that are not tables: the network, the samples, and the details of every tensor."""

import io
import math
from collections.abc import Callable, Iterable, Mapping

import numpy as np
from PIL import Image

from reference.network import Network
from reports.detail import Detail, LayerDrawing, TensorView
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
from verify.results.tensor_views import Explain, tensor_view

SAMPLES = 6  # examples of a batch that are drawn
FEW = 80  # with more tensors than this, only the worst number of each is derived; one takes milliseconds
MANY = 400  # tensors with details at most: nobody reads a longer page
ACTIVATIONS = {"relu": "ReLU"}
Ratios = Mapping[int, tuple[float, str, bool]]  # layer: largest error/bound, its tensor, whether all tensors agree


def detail(result: Result) -> Detail:
    """Return the details of a result; only its tables of tensors if it does not hold the tensors that were compared."""
    compared = result.compared
    if compared is None:
        return Detail(tensors=modes(result))
    trace, step = compared.walk.trace, compared.shown.step
    shown = [c for c in result.local if c.step == step or not c.step]
    which = f"Step {step}" if result.settings.steps > 1 else "The step"
    about = (
        f"{which}, every tensor beside its equation on TensorFlow's own inputs. Each cell of a map is a number, or "
        "the worst number of a block: the darker, the larger its error ÷ bound. A second plot shows the errors "
        "over the magnitudes of the numbers, both as powers of ten, and the range of the bounds. Single numbers are "
        "derived by hand: exactly, or with every digit shown correct."
    )
    explain = _explainer(compared, result.tolerance, all_listed=len(shown) <= FEW)
    return Detail(
        layers(trace.network, layer_ratios(result.local), linked=True),
        () if result.pictures else samples(trace.step(step), trace.network, result.settings, trace.label),
        modes(result),
        tuple(_tensor_view(c, compared, result.tolerance, explain) for c in shown[:MANY]),
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
        detailed = {c.tensor for c in rows} if result.compared is not None else set()
        if rows:
            full_title = title + (" (worst step)" if result.settings.steps > 1 else "")
            tables.append((mode, summary(rows, full_title, detailed)))
    return tuple(tables)


def worst_steps(comparisons: Iterable[Comparison]) -> tuple[Comparison, ...]:
    """Return each tensor at the step where it disagrees most, in the order of computing."""
    worst: dict[str, Comparison] = {}
    for c in comparisons:
        worst[c.tensor] = max(worst.get(c.tensor, c), c, key=_badness)
    return tuple(worst.values())


def _badness(c: Comparison) -> tuple[bool, float]:
    return not c.passed, -1.0 if math.isnan(c.utilisation) else c.utilisation


def layer_ratios(comparisons: Iterable[Comparison]) -> Ratios:
    """Return the worst tensor of each layer: one that disagrees, if there is one, else that of largest error/bound.

    A tensor that agrees without a bound, because it is near another one, comes last.
    """
    by_layer: dict[int, list[tuple[bool, float, str]]] = {}
    for c in comparisons:
        ratio = c.utilisation if not math.isnan(c.utilisation) else 0.0 if c.passed else math.inf
        by_layer.setdefault(c.layer, []).append((c.passed, -ratio, c.tensor))
    worst = {layer: min(entries, key=lambda entry: entry[:2]) for layer, entries in by_layer.items()}
    return {layer: (-negated, tensor, passed) for layer, (passed, negated, tensor) in worst.items()}


def layers(network: Network, ratios: Ratios, linked: bool = False) -> tuple[LayerDrawing, ...]:
    """Return the layers, named as in the essay's Figure 3: I, H1, H2, O.

    `linked`: each layer in `ratios` is a link to the details of its tensors.
    """
    drawings = []
    shapes: dict[int, tuple[int, ...]] = dict.fromkeys(range(network.depth + 1), ())
    shapes |= {place.number: place.outputs for layer, place in network.places if layer.begins or not place.number}
    for number, nodes in enumerate(network.sizes):
        name = "I" if not number else "O" if number == network.depth else f"H{number}"
        parts = tuple(ACTIVATIONS.get(kind, kind.partition("(")[0]) for kind in network.kinds(number))
        link = f"layer-{number}" if linked and number in ratios else ""
        ratio, worst, passed = ratios.get(number, (None, "", True))
        size = "×".join(map(str, shapes[number]))
        shown = parts if number else ("input", *parts)
        reads = network.read_by(number)
        drawings.append(LayerDrawing(number, name, nodes, shown, ratio, worst, passed, link, size, reads))
    return tuple(drawings)


def samples(
    captured: Mapping[str, Array], network: Network, settings: Settings, class_name: Callable[[int], str] = str
) -> tuple[Picture, ...]:
    """Return the first examples of the batch as pictures, if they are square; `class_name` names a class."""
    X, y, side = captured.get("X"), captured.get("y"), math.isqrt(network.sizes[0])
    if X is None or X.ndim != 2 or side * side != X.shape[1] or side < 4 or not np.isfinite(X).all():
        return ()
    if y is None or y.ndim != 2 or not np.isfinite(y).all() or settings.command == "prediction":
        y = np.empty((0, 0))
    pictures = []
    for i, row in enumerate(X[:SAMPLES].astype(np.float64)):
        low, high = min(0.0, float(row.min())), max(1.0, float(row.max()))
        pixels = ((row - low) / (high - low) * 255).round().astype(np.uint8).reshape(side, side)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        label = f", labelled {class_name(int(np.argmax(y[i])))}" if i < len(y) else ""
        title = f"Example {i + 1}" + (f" of {len(X):,}" if len(X) > 1 else "") + label
        pictures.append(Picture(f"sample{i + 1}.png", f"{title}: {side} by {side} pixels", file.getvalue(), title))
    return tuple(pictures)


def _tensor_view(c: Comparison, compared: TraceComparison, tolerance: Tolerance | None, explain: Explain) -> TensorView:
    trace = compared.walk.trace
    ball, array = compared.shown.local.get(c.tensor), trace.step(compared.shown.step).get(c.tensor)
    if ball is None or array is None or ball.shape != array.shape or c.verdict in ("dtype", "shape"):
        return tensor_view(c, None, explain)
    bound = tolerance.bound(ball.value) if tolerance else ball.spread()
    return tensor_view(c, Errors.of(ball.value, bound, array, PRECISIONS[trace.settings.dtype]), explain)


def _explainer(compared: TraceComparison, tolerance: Tolerance | None, all_listed: bool) -> Explain:
    """Return a function that derives single numbers of the shown step; only the worst gets its sources of rounding."""
    case = DerivedStep(compared.walk.trace, compared.shown.step, compared.shown.local)

    def explain(tensor: str, index: tuple[int, ...], is_worst: bool) -> Step | None:
        if not (is_worst or all_listed):
            return None
        try:
            from_one = tuple(i + 1 for i in index)
            return derive(case, tensor, from_one, 1, why=is_worst and tolerance is None).steps[0]
        except Unusable:  # an input is missing or not finite; the sentence about the tensor says so
            return None

    return explain
