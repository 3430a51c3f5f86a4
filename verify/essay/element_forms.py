"""A step to evaluate the equations on, and how a formula of one element becomes one of a whole tensor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference import index_forms as form
from reference.index_forms import Example
from reference.network import Network
from verify.records.precision import Floats

Formula = Callable[["Case"], Any]


@dataclass(frozen=True)
class Case:
    """What TensorFlow had in a step, as float64 arrays by name, and its examples one by one.

    `A3` of an example is (11) of TensorFlow's Z(3): its own gradient goes by the summations too.
    """

    network: Network
    known: Mapping[str, Any]
    examples: tuple[Example, ...]


def case(network: Network, known: Mapping[str, Any]) -> Case:
    """From the arrays of a step, batch first."""
    found = []
    for n in range(known["X"].shape[0]):
        own = {name: known[name][n] for name in ("X", "y", *(f"{k}{i}" for k in "ZA" for i in (1, 2, 3)))}
        own |= {f"W{i}": known[f"W{i}"] for i in (1, 2, 3)} | {f"B{i}": known[f"B{i}"][0] for i in (1, 2, 3)}
        example = Example(own)
        example.arrays["A3"] = np.array([form.a3(example, i) for i in range(1, 11)])
        found.append(Example(example.arrays))
    return Case(network, known, tuple(found))


def per_node(compute: Callable[..., Any], n: int, *, mean: bool = False) -> Formula:
    """A formula of one node for each example and node; `mean`: of a gradient of the batch's mean cost."""

    def formula(at: Case) -> Floats:
        share = len(at.examples) if mean else 1
        found: Floats = np.array([[_element(compute, e, j) for j in range(1, n + 1)] for e in at.examples]) / share
        return found

    return formula


def per_bias(compute: Callable[..., Any], n: int) -> Formula:
    """A formula of one bias gradient for each, the mean of the examples."""
    nodes = per_node(compute, n)
    return lambda at: np.mean(nodes(at), axis=0, keepdims=True)


def per_weight(compute: Callable[..., Any], m: int, n: int) -> Formula:
    """A formula of one weight gradient for each, the mean of the examples; read for a whole column i at a time."""

    def formula(at: Case) -> Floats:
        rows = np.arange(1, m + 1)
        columns = [[_element(compute, e, rows, j) for j in range(1, n + 1)] for e in at.examples]
        found: Floats = np.mean([np.stack([np.broadcast_to(c, m) for c in own], axis=1) for own in columns], axis=0)
        return found

    return formula


def _element(compute: Callable[..., Any], e: Example, *index: Any) -> Any:
    try:
        return compute(e, *index)
    except IndexError:
        return np.nan  # the form names an entry that does not exist


def read(*names: str) -> Callable[[Callable[..., Any]], Formula]:
    """A formula over whole arrays, by their names."""
    return lambda compute: lambda at: compute(*(at.known[name] for name in names))
