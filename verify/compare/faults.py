"""List the faults: each variant of a rule, in a whole step and in one tensor alone, and faults of storage."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from operator import neg
from typing import Any

import numpy as np

from reference.rules import Rule
from reference.tensor_names import carried, previous
from verify.compare.recompute import coefficients_as_numbers
from verify.compare.variants import Variant
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace

Tensors = Mapping[str, Array]
Operands = Mapping[str, Any]  # what rules read and is no tensor of this step: see `other_operands`
STEP, TENSOR = "step", "tensor"
ULPS = range(23)  # a single element is made wrong by 2^k ulp, for these k
ONE_ELEMENT = ("Z1", "A2", "dW2", "m_W2", "update_W3", "W3_new")  # tensors in which a single element is made wrong
OTHER = "it holds the numbers of"
COPIED = (  # name, scope, for each tensor the one whose numbers it gets, and what the right diagnosis says
    ("exchanged: Z2 and A2", STEP, {"Z2": "A2", "A2": "Z2"}, OTHER),
    ("exchanged: m and v of W2", STEP, {"m_W2": "v_W2", "v_W2": "m_W2"}, OTHER),
    ("exchanged: m of W3, before and after", STEP, {"m_W3_before": "m_W3", "m_W3": "m_W3_before"}, OTHER),
    ("aliased: A1 shares Z1's memory", TENSOR, {"A1": "Z1"}, "agrees with"),
    ("aliased: W2_new shares W2's memory", TENSOR, {"W2_new": "W2"}, "agrees with"),
    ("aliased: dW3 shares m's memory", TENSOR, {"dW3": "m_W3"}, OTHER),
    ("aliased: v_W1 shares its old memory", TENSOR, {"v_W1": "v_W1_before"}, "agrees with"),
)


@dataclass(frozen=True)
class Fault:
    """A change of a step's tensors, which the comparison must notice.

    `alter` returns the tensors that the fault changes, from the tensors of the step. `scope` is "step" if the tensors
    computed from the changed ones change too, and "tensor" if one tensor changes alone. `replaced` has the variants
    that the fault consists of, and `cause` what the right diagnosis says.
    """

    name: str
    group: str
    scope: str
    alter: Callable[[Tensors], Tensors]
    replaced: tuple[Variant, ...] = ()
    cause: str = ""


def variant_faults(
    plan: tuple[Rule, ...], variants: Mapping[str, tuple[Variant, ...]], others: Operands
) -> Iterator[Fault]:
    """Yield two faults for each name of a variant: its effect on the whole step, and on one of its tensors alone."""
    for name, same_name in variants.items():
        replaced = {variant.rule.tensor: variant.rule for variant in same_name}
        in_step = partial(propagate, plan, replaced, others=others)
        yield Fault(name, same_name[-1].group, STEP, in_step, same_name, name)
        middle = same_name[len(same_name) // 2]
        in_tensor = partial(propagate, (middle.rule,), replaced, others=others)
        yield Fault(f"{name}, in {middle.rule.tensor}", same_name[-1].group, TENSOR, in_tensor, (middle,), name)


def other_operands(trace: Trace, step: int) -> dict[str, Any]:
    """Return what rules and variants read and is no tensor of this step, by name.

    These are t and the optimizer's coefficients in the trace's precision, and the tensors of the step before, whose
    names end with "~" or "@".
    """
    settings = trace.settings
    operands = dict(coefficients_as_numbers(settings.done + step, OPTIMIZERS[settings.optimizer], settings.dtype))
    for name, array in trace.step(step - 1).items() if step > 1 else ():
        operands[previous(name)] = array
        if (carried_name := carried(name)) is not None:
            operands[carried_name] = array
    return operands


def compute(rule: Rule, captured: Tensors, others: Operands) -> Array:
    """Return a rule's tensor as NumPy computes it, in the trace's precision.

    Raises ValueError if an input is missing, or if the shape is not that of TensorFlow's tensor.
    """
    original, operands = captured[rule.tensor], {**others, **captured}
    if any(name not in operands for name in rule.inputs):
        raise ValueError(f"{rule.tensor} cannot be computed from {rule.inputs}")
    with np.errstate(all="ignore"):
        array = np.asarray(rule(operands)).astype(original.dtype)
    if array.shape != original.shape:
        raise ValueError(f"{rule.tensor} would be {array.shape}, not {original.shape}")
    return array


def propagate(plan: tuple[Rule, ...], replaced: Mapping[str, Rule], captured: Tensors, others: Operands) -> Tensors:
    """Return the tensors of a step that change if some rules are replaced.

    `replaced` has the new rules by tensor. A tensor computed from a changed tensor is computed again.
    """
    changed: dict[str, Array] = {}
    for rule in plan:
        if rule.tensor in replaced or changed.keys() & set(rule.inputs):
            changed[rule.tensor] = compute(replaced.get(rule.tensor, rule), {**captured, **changed}, others)
    return changed


def storage_faults() -> Iterator[Fault]:
    """Yield the faults that memory, copying and writing can cause in tensors that were computed correctly."""
    for tensor in ONE_ELEMENT:
        for k in ULPS:
            yield _in_place(f"one element wrong by 2^{k} ulp, in {tensor}", tensor, _largest(partial(_add_ulps, k)))
        yield _in_place(f"one sign bit, in {tensor}", tensor, _largest(neg), "the sign is wrong at")
        yield _in_place(f"one NaN, in {tensor}", tensor, _largest(lambda x: np.nan))
        yield _in_place(f"one infinity, in {tensor}", tensor, _largest(lambda x: np.inf))
    for tensor in ("dW2", "W1_new", "m_W3"):
        yield _in_place(f"two rows swapped, in {tensor}", tensor, _swap_rows, "rows are in another order")
        yield _in_place(f"a zeroed column, in {tensor}", tensor, _zero_column, "column")
    for name, scope, sources, cause in COPIED:
        yield Fault(name, "storage", scope, partial(_copy, sources), (), cause)


def _in_place(name: str, tensor: str, change: Callable[[Array], None], cause: str = "") -> Fault:
    """Return the fault that changes one tensor in place."""

    def alter(captured: Tensors) -> Tensors:
        array = captured[tensor].copy()
        change(array)
        return {tensor: array}

    return Fault(name, "storage", TENSOR, alter, (), cause)


def _copy(sources: Mapping[str, str], captured: Tensors) -> Tensors:
    """Return a copy of another tensor's numbers for each of these tensors."""
    return {tensor: captured[source].copy() for tensor, source in sources.items()}


def _largest(change: Callable[[Any], Any]) -> Callable[[Array], None]:
    """Return the change that replaces x, the element with the largest magnitude, by change(x)."""

    def change_largest(array: Array) -> None:
        index = np.unravel_index(int(np.argmax(np.abs(array))), array.shape)
        array[index] = change(array[index])

    return change_largest


def _add_ulps(k: int, x: Any) -> Any:
    """Return x + 2^k ulp."""
    return x + np.spacing(np.abs(x)) * x.dtype.type(2.0**k)


def _swap_rows(array: Array) -> None:
    """Exchange the two rows, along the first axis, with the largest sums of magnitudes."""
    first, second = np.argsort(-np.abs(array).reshape(len(array), -1).sum(axis=1))[:2]
    array[[first, second]] = array[[second, first]]


def _zero_column(array: Array) -> None:
    """Set the column, along the last axis, with the largest sum of magnitudes to 0."""
    array[..., np.argmax(np.abs(array).reshape(-1, array.shape[-1]).sum(axis=0))] = 0
