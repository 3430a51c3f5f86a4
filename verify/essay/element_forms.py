"""Formulas of whole tensors, made from the essay's formulas of one element, and the step to evaluate them on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference import index_forms as form
from reference.index_forms import Example
from reference.network import Network
from verify.records.precision import Floats

Formula = Callable[["ElementCase"], Any]


@dataclass(frozen=True)
class ElementCase:
    """TensorFlow's tensors in one step, as float64 arrays by name, and each example of the batch.

    `A3` of an example is computed from TensorFlow's Z(3) by (11), as in TensorFlow's own gradient.
    """

    network: Network
    tensors: Mapping[str, Any]
    examples: tuple[Example, ...]


def case(network: Network, tensors: Mapping[str, Any]) -> ElementCase:
    """Return the case of a step, from its arrays.  The first axis of each array is the batch."""
    examples = []
    for n in range(tensors["X"].shape[0]):
        arrays = {name: tensors[name][n] for name in ("X", "y", *(f"{k}{i}" for k in "ZA" for i in (1, 2, 3)))}
        arrays |= {f"W{i}": tensors[f"W{i}"] for i in (1, 2, 3)} | {f"B{i}": tensors[f"B{i}"][0] for i in (1, 2, 3)}
        example = Example(arrays)
        arrays["A3"] = np.array([form.a3(example, i) for i in range(1, 11)])
        examples.append(Example(arrays))
    return ElementCase(network, tensors, tuple(examples))


def per_node(compute: Callable[..., Any], n: int, *, mean: bool = False) -> Formula:
    """Return the formula of a tensor [N, n], from that of one node.  With `mean`, the result is divided by N."""

    def formula(step: ElementCase) -> Floats:
        values: Floats = np.array([[_element(compute, e, j) for j in range(1, n + 1)] for e in step.examples])
        return values / len(step.examples) if mean else values

    return formula


def per_bias(compute: Callable[..., Any], n: int) -> Formula:
    """Return the formula of a bias gradient [1, n], the mean over the examples, from that of one bias."""
    nodes = per_node(compute, n)
    return lambda step: np.mean(nodes(step), axis=0, keepdims=True)


def per_weight(compute: Callable[..., Any], m: int, n: int) -> Formula:
    """Return the formula of a weight gradient [m, n], the mean over the examples, from that of one weight."""

    def formula(step: ElementCase) -> Floats:
        rows = np.arange(1, m + 1)  # the formula computes a whole column at once
        columns = ([_element(compute, e, rows, j) for j in range(1, n + 1)] for e in step.examples)
        matrices = [np.stack([np.broadcast_to(column, m) for column in matrix], axis=1) for matrix in columns]
        mean: Floats = np.mean(matrices, axis=0)
        return mean

    return formula


def _element(compute: Callable[..., Any], e: Example, *index: Any) -> Any:
    """Return the value of a formula, or NaN if it uses an index out of range."""
    try:
        return compute(e, *index)
    except IndexError:
        return np.nan


def read(*names: str) -> Callable[[Callable[..., Any]], Formula]:
    """Return a decorator that makes a formula from a function of the arrays with these names."""
    return lambda compute: lambda step: compute(*(step.tensors[name] for name in names))
