"""Formulas of whole tensors, made from the essay's formulas of one element, and the step to evaluate them on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference import index_forms
from reference import tensor_names as names
from reference.index_forms import Example
from reference.network import ESSAY
from verify.records.precision import Floats

Formula = Callable[["ElementCase"], Any]


@dataclass(frozen=True)
class ElementCase:
    """TensorFlow's tensors in one step, as float64 arrays by name, and each example of the batch.

    `A3` of an example is computed from TensorFlow's Z(3) by (11), as in TensorFlow's own gradient.
    """

    tensors: Mapping[str, Any]
    examples: tuple[Example, ...]


def case(tensors: Mapping[str, Any]) -> ElementCase:
    """Return the case of a step, from its arrays.  The first axis of X, y, Z and A is the batch."""
    examples = []
    for n in range(tensors["X"].shape[0]):
        arrays = {name: tensors[name][n] for name in ("X", "y", *(f"{k}{i}" for k in "ZA" for i in (1, 2, 3)))}
        arrays |= {f"W{i}": tensors[f"W{i}"] for i in (1, 2, 3)} | {f"B{i}": tensors[f"B{i}"][0] for i in (1, 2, 3)}
        example = Example(arrays)
        arrays["A3"] = np.array([index_forms.a3(example, i) for i in range(1, 11)])
        examples.append(Example(arrays))
    return ElementCase(tensors, tuple(examples))


def from_elements(tensor: str, compute: Callable[..., Any]) -> Formula:
    """Return the formula of a tensor from that of one element, which takes the example and the essay's indices.

    The gradients of W and B are means over the examples. Those of Z and A are divided by the number of examples.
    """
    name = names.read(tensor)
    layer = name.layer or 0
    m, n = ESSAY.sizes[layer - 1], ESSAY.sizes[layer]

    def by_node(step: ElementCase) -> Floats:
        values: Floats = np.array([[_element(compute, e, j) for j in range(1, n + 1)] for e in step.examples])
        return values / len(step.examples) if name.role == "d" and name.quantity != "B" else values

    def by_weight(step: ElementCase) -> Floats:
        rows = np.arange(1, m + 1)  # the formula computes a whole column at once
        columns = ([_element(compute, e, rows, j) for j in range(1, n + 1)] for e in step.examples)
        matrices = [np.stack([np.broadcast_to(column, m) for column in matrix], axis=1) for matrix in columns]
        return np.asarray(np.mean(matrices, axis=0))

    if name.quantity == "B":
        return lambda step: np.mean(by_node(step), axis=0, keepdims=True)
    return by_weight if name.quantity == "W" else by_node


def _element(compute: Callable[..., Any], e: Example, *index: Any) -> Any:
    """Return the value of a formula, or NaN if it uses an index out of range."""
    try:
        return compute(e, *index)
    except IndexError:
        return np.nan


def from_tensors(compute: Callable[..., Any], *names: str) -> Formula:
    """Return the formula that computes a tensor from the tensors with these names."""
    return lambda step: compute(*(step.tensors[name] for name in names))
