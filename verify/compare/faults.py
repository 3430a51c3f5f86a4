"""The faults: every variant of every rule, in a whole step and in one tensor alone, and faults of storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reference.rules import Rule
from reference.tensor_names import carried, previous
from verify.compare.recompute import coefficients_as_numbers
from verify.compare.variants import Variant
from verify.records.settings import OPTIMIZERS
from verify.records.trace import Array, Trace

Held = Mapping[str, Array]
STEP, TENSOR = "step", "tensor"
ULPS = range(23)
ONE_ELEMENT = ("Z1", "A2", "dW2", "m_W2", "update_W3", "W3_new")  # where a single element is made wrong


@dataclass(frozen=True)
class Fault:
    """`alter` gives the tensors that a step has with the fault in it, those it changes only.

    `scope`: "step" (what follows from it in the step follows) or "tensor" (one tensor alone). `replaced` names
    the variants it is made of; `telling` is what a right diagnosis says.
    """

    name: str
    group: str
    scope: str
    alter: Callable[[Held], Mapping[str, Array]]
    replaced: tuple[Variant, ...] = ()
    telling: str = ""


def of_variants(
    plan: tuple[Rule, ...], found: Mapping[str, tuple[Variant, ...]], read: Mapping[str, Any]
) -> Iterator[Fault]:
    """Each variant, where it can be computed: followed through the step, and at one of its tensors alone.

    `read` has what the rules read beside the step's own tensors: scalars, and "~" and "@" of the step before.
    """
    for name, variants in found.items():
        group = variants[-1].group

        def through(held: Held, variants: tuple[Variant, ...] = variants) -> Mapping[str, Array]:
            return followed(plan, {v.rule.tensor: v.rule for v in variants}, held, read)

        yield Fault(name, group, STEP, through, variants, name)
        one = variants[len(variants) // 2]

        def alone(held: Held, one: Variant = one) -> Mapping[str, Array]:
            return {one.rule.tensor: computed(one.rule, held, read)}

        yield Fault(f"{name}, in {one.rule.tensor}", group, TENSOR, alone, (one,), name)


def beside(trace: Trace, step: int) -> dict[str, Any]:
    """What rules and variants read beside a step's own tensors, as arrays and scalars of the trace's format."""
    settings = trace.settings
    optimizer = OPTIMIZERS[settings.optimizer]
    found = dict(coefficients_as_numbers(settings.done + step, optimizer, settings.dtype))
    for name, array in trace.step(step - 1).items() if step > 1 else ():
        found[previous(name)] = array
        if (at := carried(name)) is not None:
            found[at] = array
    return found


def computed(rule: Rule, held: Held, read: Mapping[str, Any]) -> Array:
    """In the format of the trace, operation by operation, as NumPy rounds.  Raises ValueError if shapes do not fit."""
    like = held[rule.tensor]
    known = {**read, **held}
    if any(name not in known for name in rule.inputs):
        raise ValueError(f"{rule.tensor} cannot be computed from {rule.inputs}")
    with np.errstate(all="ignore"):
        array = np.asarray(rule(known)).astype(like.dtype)
    if array.shape != like.shape:
        raise ValueError(f"{rule.tensor} would be {array.shape}, not {like.shape}")
    return array


def followed(
    plan: tuple[Rule, ...], replaced: Mapping[str, Rule], held: Held, read: Mapping[str, Any]
) -> Mapping[str, Array]:
    """The step with some rules replaced: every tensor that is computed from a changed one is computed anew."""
    changed: dict[str, Array] = {}
    for rule in plan:
        use = replaced.get(rule.tensor)
        if use is None and not changed.keys() & set(rule.inputs):
            continue
        changed[rule.tensor] = computed(use or rule, {**held, **changed}, read)
    return changed


def of_storage() -> Iterator[Fault]:
    """What memory, copying and writing can do to tensors that were computed rightly."""
    for tensor in ONE_ELEMENT:
        for k in ULPS:
            yield _stored(f"one element wrong by 2^{k} ulp, in {tensor}", tensor, _ulps(k))
        yield _stored(f"one sign bit, in {tensor}", tensor, _sign, "the sign is the other one at")
        yield _stored(f"one NaN, in {tensor}", tensor, _one(np.nan))
        yield _stored(f"one infinity, in {tensor}", tensor, _one(np.inf))
    for tensor in ("dW2", "W1_new", "m_W3"):
        yield _stored(f"two rows swapped, in {tensor}", tensor, _rows_swapped, "rows are in another order")
        yield _stored(f"a zeroed column, in {tensor}", tensor, _column_zeroed, "column")
    for name, a, b in (
        ("Z2 and A2", "Z2", "A2"),
        ("m and v of W2", "m_W2", "v_W2"),
        ("m of W3, before and after", "m_W3_before", "m_W3"),
    ):
        yield Fault(f"exchanged: {name}", "storage", STEP, _exchanged(a, b), (), "it holds the numbers of")
    for name, tensor, other in (
        ("A1 shares Z1's memory", "A1", "Z1"), ("W2_new shares W2's memory", "W2_new", "W2"),
        ("dW3 shares m's memory", "dW3", "m_W3"), ("v_W1 shares its old memory", "v_W1", "v_W1_before"),
    ):  # fmt: skip
        telling = "it holds the numbers of" if tensor not in ("A1", "W2_new", "v_W1") else "agrees with"
        yield Fault(f"aliased: {name}", "storage", TENSOR, _aliased(tensor, other), (), telling)


def _stored(name: str, tensor: str, change: Callable[[Array], None], telling: str = "") -> Fault:
    def alter(held: Held) -> Mapping[str, Array]:
        array = held[tensor].copy()
        change(array)
        return {tensor: array}

    return Fault(name, "storage", TENSOR, alter, (), telling)


def _largest(array: Array) -> tuple[Any, ...]:
    return np.unravel_index(int(np.argmax(np.abs(array))), array.shape)


def _ulps(k: int) -> Callable[[Array], None]:
    def change(array: Array) -> None:
        at = _largest(array)
        array[at] += np.spacing(np.abs(array[at])) * array.dtype.type(2.0**k)

    return change


def _sign(array: Array) -> None:
    at = _largest(array)
    array[at] = -array[at]


def _one(value: float) -> Callable[[Array], None]:
    def change(array: Array) -> None:
        array[_largest(array)] = value

    return change


def _rows_swapped(array: Array) -> None:
    first, second = np.argsort(-np.abs(array).sum(axis=1))[:2]
    array[[first, second]] = array[[second, first]]


def _column_zeroed(array: Array) -> None:
    array[:, np.argmax(np.abs(array).sum(axis=0))] = 0


def _exchanged(a: str, b: str) -> Callable[[Held], Mapping[str, Array]]:
    return lambda held: {a: held[b].copy(), b: held[a].copy()}


def _aliased(tensor: str, other: str) -> Callable[[Held], Mapping[str, Array]]:
    return lambda held: {tensor: held[other].copy()}
