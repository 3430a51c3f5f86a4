"""The Python interface: `verify.check`, and the value that it returns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reports import as_html, as_markdown
from verify.cli.capturing import capture_user_model
from verify.compare.tensor import Tolerance
from verify.errors import Unusable
from verify.records.arrays import examples
from verify.records.trace import Trace
from verify.results import files
from verify.results.judging import judge
from verify.results.result import Result, summary

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Checked:
    """The result of a check, and the trace that was checked. A notebook shows it as a table."""

    result: Result
    trace: Trace

    @property
    def passed(self) -> bool:
        """True if every number agrees with its equation."""
        return self.result.passed

    @property
    def headline(self) -> str:
        """The verdict in one sentence."""
        return self.result.headline

    @property
    def comparisons(self) -> pandas.DataFrame:
        """The comparisons as a DataFrame: a row for each step, tensor and mode, with the columns of comparisons.csv."""
        return self.result.to_frame()

    @property
    def notes(self) -> tuple[str, ...]:
        """The notes that help to read the result, such as what the cost is divided by."""
        return self.result.notes

    def assert_passed(self) -> None:
        """Raise AssertionError with the headline if the check did not pass."""
        if not self.passed:
            raise AssertionError(self.headline)

    def to_markdown(self) -> str:
        """Return the content of report.md."""
        return as_markdown.render(self.result.to_report())

    def write(self, folder: str | Path) -> None:
        """Write all files of the report into a folder.  Raises Unusable if they cannot be written."""
        files.check_writable(Path(folder), "write")
        files.write(Path(folder), files.of_result(self.result), self.result.command)

    def __repr__(self) -> str:
        return f"<{self.headline}>"

    def _repr_html_(self) -> str:
        return as_html.table(summary(self.result.local, self.headline))


def check(
    model: Any,
    x: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    class_weight: Any = None,
    optimizer: Any = None,
    loss: Any = None,
    steps: int = 1,
    rtol: float | None = None,
    atol: float | None = None,
) -> Checked:
    """Verify training steps of a Keras model, tensor by tensor; each step takes all examples of x [N, ...] and y.

    y is [N, n]; [N] for sparse labels, or for one output. They are NumPy arrays, pandas frames or tensors. x may also
    be a batched tf.data.Dataset of both, whose batches are the steps. `sample_weight` [N] are the weights of the
    examples, or [N, T] those of their rows; several outputs may have one for each. `class_weight` gives each class its
    weight. The model takes the steps itself, and is then put back to the last bit. If an `optimizer` or a `loss` is
    named, a model of the same layers takes them, and the optimizer begins anew.

    Raises Unusable if an argument cannot be used, Unsupported (an Unusable), which names everything in the model that
    By Hand does not know, and Unverifiable if TensorFlow's step does not repeat.
    """
    for name, value in (("rtol", rtol), ("atol", atol)):
        if value is not None and not (isinstance(value, int | float | np.number) and 0 <= value < np.inf):
            raise Unusable(f"{name}: a number of 0 or more is needed, not {value!r}")
    if (rtol is None) != (atol is None):
        raise Unusable("rtol and atol: give both, or neither for the derived bound")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or not 1 <= steps <= 200:
        raise Unusable(f"steps: a whole number from 1 to 200 is needed, not {steps!r}")
    if sample_weight is not None and class_weight is not None:
        raise Unusable("sample_weight and class_weight: give one of them")
    if y is None and not _is_dataset(x):
        raise Unusable("y: labels are needed (only a tf.data.Dataset holds them itself)")
    if y is None and (sample_weight is not None or class_weight is not None):
        raise Unusable("x: a dataset brings the weights of its examples itself, as (x, y, weights)")
    if y is not None and _is_dataset(x):
        raise Unusable("y: a dataset holds the labels itself, as (x, y); leave y out")
    if class_weight is not None:
        from verify.capture.batch import of_classes

        sample_weight = of_classes(class_weight, y, model)
    given: tuple[Any, ...] = (x, y, sample_weight)
    batches = _batches(model, x, int(steps)) if y is None else [given] * int(steps)
    trace = capture_user_model(model, batches, optimizer, loss)
    tolerance = None if rtol is None or atol is None else Tolerance(float(rtol), float(atol))
    return Checked(judge("backprop", trace, tolerance), trace)


def _is_dataset(x: Any) -> bool:
    """Return whether x is a tf.data.Dataset."""
    return hasattr(x, "take") and hasattr(x, "element_spec")


def _batches(model: Any, dataset: Any, steps: int) -> list[tuple[Any, ...]]:
    """Return the first batches of a dataset of (x, y) or (x, y, weights), one for each step.  Raises Unusable."""
    batches = [batch for batch in dataset.take(steps)]
    if not batches or any(not isinstance(batch, tuple) or len(batch) not in (2, 3) for batch in batches):
        raise Unusable("x: a dataset of (x, y), or of (x, y, weights), is needed")
    inputs, given = list(getattr(model, "inputs", None) or []), dataset.element_spec[0]
    if len(inputs) == 1 and hasattr(given, "shape") and given.shape.rank == len(inputs[0].shape) - 1:
        raise Unusable("x: the dataset gives single examples; make batches of them, with .batch(N)")
    sizes = [examples(batch[0]) for batch in batches]
    if len(batches) < steps or len(set(sizes)) > 1:
        text = (
            f"{steps} batches of one size are needed; the dataset has batches of {', '.join(map(str, sizes))} examples"
        )
        raise Unusable(f"x: {text}")
    return batches
