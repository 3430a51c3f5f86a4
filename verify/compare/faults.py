"""List the faults: each variant of a rule, in a whole step and in one tensor alone, and faults of storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from reference.rules import Rule
from reference.tensor_names import carried, previous
from verify.compare.recompute import coefficients_as_numbers
from verify.compare.variants import Variant
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace

Tensors = Mapping[str, Array]
STEP, TENSOR = "step", "tensor"
ULPS = range(23)  # a single element is made wrong by 2^k ulp, for these k
ONE_ELEMENT = ("Z1", "A2", "dW2", "m_W2", "update_W3", "W3_new")  # tensors in which a single element is made wrong


@dataclass(frozen=True)
class Fault:
    """A change of a step's tensors, which the comparison must notice.

    `alter` returns the tensors that the fault changes, from the tensors of the step. `scope` is "step" if the tensors
    computed from the changed ones change too, and "tensor" if one tensor changes alone. `replaced` has the variants
    that the fault consists of, and `telling` what the right diagnosis says.
    """

    name: str
    group: str
    scope: str
    alter: Callable[[Tensors], Mapping[str, Array]]
    replaced: tuple[Variant, ...] = ()
    telling: str = ""


def of_variants(
    plan: tuple[Rule, ...], found: Mapping[str, tuple[Variant, ...]], read: Mapping[str, Any]
) -> Iterator[Fault]:
    """Yield two faults for each name of a variant: its effect on the whole step, and on one of its tensors alone.

    `found` has the variants by name. `read` has what the rules read and is no tensor of this step: scalars, and the
    tensors of the step before, whose names end with "~" or "@".
    """
    for name, variants in found.items():
        group = variants[-1].group

        def in_step(captured: Tensors, variants: tuple[Variant, ...] = variants) -> Mapping[str, Array]:
            return followed(plan, {v.rule.tensor: v.rule for v in variants}, captured, read)

        yield Fault(name, group, STEP, in_step, variants, name)
        middle = variants[len(variants) // 2]

        def in_tensor(captured: Tensors, rule: Rule = middle.rule) -> Mapping[str, Array]:
            return {rule.tensor: computed(rule, captured, read)}

        yield Fault(f"{name}, in {middle.rule.tensor}", group, TENSOR, in_tensor, (middle,), name)


def beside(trace: Trace, step: int) -> dict[str, Any]:
    """Return what rules and variants read and is no tensor of this step, by name.

    These are t and the optimizer's coefficients in the trace's precision, and the tensors of the step before.
    """
    settings = trace.settings
    inputs = dict(coefficients_as_numbers(settings.done + step, OPTIMIZERS[settings.optimizer], settings.dtype))
    for name, array in trace.step(step - 1).items() if step > 1 else ():
        inputs[previous(name)] = array
        if (carried_name := carried(name)) is not None:
            inputs[carried_name] = array
    return inputs


def computed(rule: Rule, captured: Tensors, read: Mapping[str, Any]) -> Array:
    """Return a rule's tensor as NumPy computes it, in the trace's precision.

    Raises ValueError if an input is missing, or if the shape is not that of TensorFlow's tensor.
    """
    original = captured[rule.tensor]
    inputs = {**read, **captured}
    if any(name not in inputs for name in rule.inputs):
        raise ValueError(f"{rule.tensor} cannot be computed from {rule.inputs}")
    with np.errstate(all="ignore"):
        array = np.asarray(rule(inputs)).astype(original.dtype)
    if array.shape != original.shape:
        raise ValueError(f"{rule.tensor} would be {array.shape}, not {original.shape}")
    return array


def followed(
    plan: tuple[Rule, ...], replaced: Mapping[str, Rule], captured: Tensors, read: Mapping[str, Any]
) -> Mapping[str, Array]:
    """Return the tensors of a step that change if some rules are replaced.

    `replaced` has the new rules by tensor. A tensor computed from a changed tensor is computed again.
    """
    changed: dict[str, Array] = {}
    for rule in plan:
        if rule.tensor in replaced or changed.keys() & set(rule.inputs):
            changed[rule.tensor] = computed(replaced.get(rule.tensor, rule), {**captured, **changed}, read)
    return changed


def of_storage() -> Iterator[Fault]:
    """Yield the faults that memory, copying and writing can cause in tensors that were computed correctly."""
    for tensor in ONE_ELEMENT:
        for k in ULPS:
            yield _stored(f"one element wrong by 2^{k} ulp, in {tensor}", tensor, partial(_add_ulps, k))
        yield _stored(f"one sign bit, in {tensor}", tensor, _flip_sign, "the sign is the other one at")
        yield _stored(f"one NaN, in {tensor}", tensor, partial(_set_largest, np.nan))
        yield _stored(f"one infinity, in {tensor}", tensor, partial(_set_largest, np.inf))
    for tensor in ("dW2", "W1_new", "m_W3"):
        yield _stored(f"two rows swapped, in {tensor}", tensor, _swap_rows, "rows are in another order")
        yield _stored(f"a zeroed column, in {tensor}", tensor, _zero_column, "column")
    for name, a, b in (
        ("Z2 and A2", "Z2", "A2"),
        ("m and v of W2", "m_W2", "v_W2"),
        ("m of W3, before and after", "m_W3_before", "m_W3"),
    ):
        yield Fault(f"exchanged: {name}", "storage", STEP, _exchanged(a, b), (), "it holds the numbers of")
    for name, tensor, other, telling in (
        ("A1 shares Z1's memory", "A1", "Z1", "agrees with"),
        ("W2_new shares W2's memory", "W2_new", "W2", "agrees with"),
        ("dW3 shares m's memory", "dW3", "m_W3", "it holds the numbers of"),
        ("v_W1 shares its old memory", "v_W1", "v_W1_before", "agrees with"),
    ):
        yield Fault(f"aliased: {name}", "storage", TENSOR, _aliased(tensor, other), (), telling)


def _stored(name: str, tensor: str, change: Callable[[Array], None], telling: str = "") -> Fault:
    """Return the fault that changes one tensor in place."""

    def alter(captured: Tensors) -> Mapping[str, Array]:
        array = captured[tensor].copy()
        change(array)
        return {tensor: array}

    return Fault(name, "storage", TENSOR, alter, (), telling)


def _largest(array: Array) -> tuple[Any, ...]:
    """Return the index of the element with the largest magnitude."""
    return np.unravel_index(int(np.argmax(np.abs(array))), array.shape)


def _add_ulps(k: int, array: Array) -> None:
    """Add 2^k ulp to the largest element."""
    index = _largest(array)
    array[index] += np.spacing(np.abs(array[index])) * array.dtype.type(2.0**k)


def _flip_sign(array: Array) -> None:
    """Change the sign of the largest element."""
    index = _largest(array)
    array[index] = -array[index]


def _set_largest(value: float, array: Array) -> None:
    """Set the largest element to a value."""
    array[_largest(array)] = value


def _swap_rows(array: Array) -> None:
    """Exchange the two rows with the largest sums of magnitudes."""
    first, second = np.argsort(-np.abs(array).sum(axis=1))[:2]
    array[[first, second]] = array[[second, first]]


def _zero_column(array: Array) -> None:
    """Set the column with the largest sum of magnitudes to 0."""
    array[:, np.argmax(np.abs(array).sum(axis=0))] = 0


def _exchanged(a: str, b: str) -> Callable[[Tensors], Mapping[str, Array]]:
    """Return the change that exchanges two tensors."""
    return lambda captured: {a: captured[b].copy(), b: captured[a].copy()}


def _aliased(tensor: str, other: str) -> Callable[[Tensors], Mapping[str, Array]]:
    """Return the change that replaces a tensor by another one, as if they shared memory."""
    return lambda captured: {tensor: captured[other].copy()}
