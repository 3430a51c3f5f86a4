"""A recorded equation as one compiled loop: by hand, radius, comparison, with no array between.

The loop does exactly the float64 operations that `verify.ball` does, in their order, and gives the same bits; it is
faster because nothing in between is written to memory. Products of matrices, sums and whatever is done once for
the whole tensor stay with NumPy, which does them before the loop.

A loop may only say that a tensor passes. Whatever else it finds (a number outside, NaN, a question of the
recording that was not true) it hands back, and the tensor is judged again in the ordinary way: so a loop is
never weaker than `verify.ball` and `ladder.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from verify.precision import Precision
from verify.recording import FUNCTIONS, Constant, Kind, Operand, Operation, Recorded, record
from verify.trace import Array

Memo = dict[tuple[Any, ...], Any]
CODE = {
    "add": "{0} + {1}", "subtract": "{0} - {1}", "multiply": "{0} * {1}", "divide": "{0} / {1}",
    "absolute": "abs({0})", "negative": "-{0}", "sqrt": "np.sqrt({0})", "maximum": "max({0}, {1})",
    "minimum": "min({0}, {1})", "greater": "{0} > {1}", "less": "{0} < {1}", "less_equal": "{0} <= {1}",
    "where": "({1} if {0} else {2})",
    "as_int64": "np.float64({0}).view(np.int64)", "as_float64": "np.int64({0}).view(np.float64)",
}  # fmt: skip
LOOP = """def compiled(found, {names}):
    outside, largest, asked = 0, np.int64(0), np.int64(0)
    for i in range(found.shape[0]):
        for j in range(found.shape[1]):
{body}            value, allowed, tensorflow = {value}, {radius}, np.float64(found[i, j])
            error = abs(tensorflow - value)
            outside += not (error <= allowed and allowed < np.inf)
            ratio = 0.0 if error == 0 else error / allowed
            largest = max(largest, np.float64(ratio).view(np.int64))
{questions}    return outside, largest, asked
"""


@dataclass(frozen=True)
class Input:
    """What a rule reads: float values (in any floating type) and their radius, None where it is 0.

    `zero`: it was looked at, and every value is 0.
    """

    value: Any
    radius: Any = None
    zero: bool = False

    @property
    def kind(self) -> Kind:
        return Kind(np.shape(self.value), self.radius is None, self.zero)


@dataclass(frozen=True)
class Loop:
    """A compiled equation, and what is done before it on whole arrays.

    `inputs` are the results that it reads of its inputs, as (input, radius?, result, as float64?). `shared` are
    operations that other rules of a step are likely to need as well, |X| for one; `scalars` those on single
    numbers alone, the same for every parameter; `rest` all others, as one function.
    """

    run: Callable[..., tuple[int, int, int]]
    inputs: tuple[tuple[int, bool, int, bool], ...]
    shared: tuple[Operation, ...]
    scalars: Straight
    rest: Straight
    body: Body
    flat: bool  # each element stands alone: one long line is faster than many short ones
    before: tuple[Operation, ...]  # shared, scalars and rest, in order
    elementwise: bool  # nothing is done on arrays before the loop: tensors that lie in one line need no loop each

    def passes(self, inputs: tuple[Input, ...], found: Array, memo: Memo) -> float | None:
        """The utilisation of a tensor that passes; None where the ordinary way must judge it.

        `memo` holds what was done in the same step already.
        """
        held = self._before(inputs, memo)
        arrays = (found, *(held[n] for n in self.body.reads))
        outside, largest, asked = self.run(*(map(as_line, arrays) if self.flat else map(as_plane, arrays)))
        if outside or asked != self.body.questions:
            return None
        return float(np.int64(largest).view(np.float64))

    def all_pass(self, inputs: tuple[Input, ...], found: Array, starts: Array, memo: Memo) -> Array | None:
        """The same of several tensors that lie one after the other in [1, n]; None if any does not pass."""
        held = self._before(inputs, memo)
        arrays = [found, *(as_plane(held[n]) for n in self.body.reads)]
        most = []
        for first, last in pairwise(starts.tolist()):
            outside, largest, asked = self.run(*(x[:, first:last] if x.size == found.size else x for x in arrays))
            if outside or asked != self.body.questions:
                return None
            most.append(largest)
        return np.array(most, dtype=np.int64).view(np.float64)

    def _before(self, inputs: tuple[Input, ...], memo: Memo) -> dict[int, Any]:
        held: dict[int, Any] = {}
        for place, of_radius, result, wide in self.inputs:
            given = inputs[place].radius if of_radius else inputs[place].value
            held[result] = _wide(given, memo) if wide else given
        for o in self.shared:
            held[o.result] = _shared(o, held, memo)
        if self.scalars.gives:
            read = tuple(held[n] for n in self.scalars.reads)
            key = (id(self.scalars), *map(id, read))
            held |= _kept(memo, key, read, lambda: self.scalars.results(held))
        if self.rest.gives:
            held |= self.rest.results(held)
        return held


@dataclass(frozen=True)
class Straight:
    """Operations one after the other, as one function of NumPy's."""

    reads: tuple[int, ...]
    gives: tuple[int, ...]
    run: Callable[..., tuple[Any, ...]]

    def results(self, held: dict[int, Any]) -> dict[int, Any]:
        return dict(zip(self.gives, self.run(*(held[n] for n in self.reads)), strict=True))


@lru_cache(maxsize=512)
def _straight(operations: tuple[Operation, ...]) -> Straight:
    """Equal operations give the same object, so that its id names them."""
    gives = tuple(o.result for o in operations)
    reads = tuple(sorted({x for o in operations for x in o.operands if isinstance(x, int)} - set(gives)))
    names = {n: f"v{n}" for n in (*reads, *gives)}
    lines = [f"    v{o.result} = {o.function}({', '.join(_arguments(o, names))})\n" for o in operations]
    result = "".join(f"v{n}, " for n in gives)
    source = f"def straight({', '.join(names[n] for n in reads)}):\n{''.join(lines)}    return ({result})\n"
    space: dict[str, Any] = {**FUNCTIONS, "np": np}
    exec(source, space)
    return Straight(reads, gives, space["straight"])


def _arguments(o: Operation, names: dict[int, str]) -> list[str]:
    return [*(_name(x, names) for x in o.operands), *(f"{word}={value!r}" for word, value in o.fixed)]


def _wide(array: Any, memo: Memo) -> Any:
    """As float64, once a step."""
    return _kept(memo, ("wide", id(array)), (array,), lambda: np.asarray(array, dtype=np.float64))


def _shared(o: Operation, held: dict[int, Any], memo: Memo) -> Any:
    (operand,) = (held[x] for x in o.operands if isinstance(x, int))
    key = (o.function, o.fixed, id(operand))
    return _kept(memo, key, (operand,), lambda: FUNCTIONS[o.function](operand, **dict(o.fixed)))


def _kept(memo: Memo, key: tuple[Any, ...], read: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
    """Operands are kept beside the result: no other object can take their id."""
    if key not in memo:
        memo[key] = (read, compute())
    return memo[key][1]


def as_plane(array: Any) -> Any:
    """As two dimensions, a number as one element."""
    return array if getattr(array, "ndim", 0) == 2 else np.reshape(array, (1, -1))


def as_line(array: Any) -> Any:
    return np.reshape(array, (1, -1))


def loop_for(compute: Callable[..., Any], inputs: tuple[Input, ...], found: Array, precision: Precision) -> Loop | None:
    """The loop of an equation for inputs of their kinds; None if it cannot be one."""
    return loop_of(compute, tuple(x.kind for x in inputs), np.shape(found), precision)


def loop_of(
    compute: Callable[..., Any], inputs: tuple[Kind, ...], shape: tuple[int, ...], precision: Precision
) -> Loop | None:
    """The same before there are any."""
    function, words = getattr(compute, "func", compute), getattr(compute, "keywords", {})
    return _loop(function, tuple(sorted(words.items())), inputs, shape, precision)


@lru_cache(maxsize=1024)
def _loop(
    function: Callable[..., Any], words: tuple[tuple[str, Any], ...],
    inputs: tuple[Kind, ...], shape: tuple[int, ...], precision: Precision,
) -> Loop | None:  # fmt: skip
    recorded = record(lambda *balls: function(*balls, **dict(words)), inputs, precision)
    if recorded is None or recorded.recording.shapes[recorded.value] != shape or len(shape) == 1:
        return None
    inner = _inner(recorded, shape)
    done = {o.result for o in inner}
    before = [o for o in recorded.recording.operations if o.result not in done]
    shapes = recorded.recording.shapes
    pairs = [(place, of_radius, n) for place, pair in enumerate(recorded.inputs) for of_radius, n in enumerate(pair)]
    scalars = _reached(before, {n for *_, n in pairs if not shapes[n]}, lambda o: True)
    shared = _reached(before, {n for *_, n in pairs if shapes[n]}, lambda o: o.function in SHARED)
    rest = _needed([o for o in before if o not in shared and o not in scalars], recorded, inner)
    body = body_of(recorded, inner)
    flat = all(shapes[n] in (shape, ()) for n in body.reads) and 1 not in shape
    wanted = {x for o in (*shared, *scalars, *rest) for x in o.operands}
    given = tuple((place, bool(r), n, n in wanted) for place, r, n in pairs if n in wanted or n in body.reads)
    return Loop(
        compiled(body.source(LOOP)), given, shared, _straight(scalars), _straight(rest), body, flat,
        tuple(o for o in before if o in shared or o in scalars or o in rest),
        elementwise=not any(shapes[x] for o in (*shared, *rest) for x in (o.result, *o.operands) if isinstance(x, int)),
    )  # fmt: skip


SHARED = ("absolute", "transpose", "count_nonzero", "reshape")


def _reached(
    operations: list[Operation], start: set[int], fits: Callable[[Operation], bool]
) -> tuple[Operation, ...]:  # fmt: skip
    """Those that need nothing but these results, constants, and each other."""
    found, reached = [], set(start)
    for o in operations:
        if fits(o) and all(isinstance(x, Constant) or x in reached for x in o.operands):
            found.append(o)
            reached.add(o.result)
    return tuple(found)


def _needed(operations: list[Operation], recorded: Recorded, inner: list[Operation]) -> tuple[Operation, ...]:
    """Without those whose result nothing reads."""
    wanted: set[Operand] = {x for o in inner for x in o.operands} | {recorded.value, recorded.radius}
    wanted |= set(recorded.recording.asked)
    found: list[Operation] = []
    for o in reversed(operations):
        if o.result in wanted:
            wanted.update(o.operands)
            found.insert(0, o)
    return tuple(found)


def _inner(recorded: Recorded, shape: tuple[int, ...]) -> list[Operation]:
    """The operations that the loop does: on single elements of the result, and needed by none that it cannot do."""
    inner: list[Operation] = []
    outer: set[Operand] = set()
    for o in reversed(recorded.recording.operations):
        if o.shape == shape and o.result not in outer and (o.function in CODE or o.function == "bitwise_and"):
            inner.insert(0, o)
        else:
            outer.update(o.operands)
    return inner


@lru_cache(maxsize=256)
def compiled(source: str, others: tuple[tuple[str, Any], ...] = ()) -> Callable[..., Any]:
    """The function of this name in the source; `others` are what it calls, by name."""
    from numba import njit

    space: dict[str, Any] = {"np": np, **dict(others)}
    exec(source, space)
    run: Callable[..., Any] = njit(space["compiled"], error_model="numpy", nogil=True)
    return run


SUBNORMAL = """def compiled(bits, magnitude, one):
    least = magnitude
    for x in bits:
        least = min(least, np.{kind}((x & magnitude) - one))
    return least
"""


def has_subnormal(array: Array, precision: Precision) -> bool:
    """Whether it holds numbers that arithmetic with flush to zero may read as 0.

    As whole numbers, without the sign: less one, 0 becomes the largest, and the smallest left is the smallest that is
    not 0.
    """
    bits = array.reshape(-1).view(f"u{array.itemsize}")
    kind = bits.dtype.type
    normal = int(np.asarray(precision.tiny, array.dtype).view(bits.dtype))
    least = compiled(SUBNORMAL.format(kind=bits.dtype.name))(bits, kind(np.iinfo(kind).max >> 1), kind(1))
    return int(least) < normal - 1


@dataclass(frozen=True)
class Body:
    """A loop's inside as text, for one element: what it reads, in order, its lines, its questions, its result."""

    reads: tuple[int, ...]
    places: tuple[str, ...]
    lines: tuple[str, ...]
    asked: tuple[str, ...]
    value: str
    radius: str

    @property
    def questions(self) -> int:
        """All of them answered, as bits."""
        return int(2 ** len(self.asked) - 1)

    def source(self, template: str, places: tuple[str, ...] = ()) -> str:
        """The loop in Python; what it reads are its arguments x0, x1, …, at its own places or at these."""
        loads = [f"v{i} = np.float64(x{i}[{place}])" for i, place in enumerate(places or self.places)]
        questions = [f"asked |= np.int64({name} != 0) << {bit}" for bit, name in enumerate(self.asked)]
        return template.format(
            names=", ".join(f"x{i}" for i in range(len(self.reads))), body=_indented([*loads, *self.lines]),
            questions=_indented(questions), value=self.value, radius=self.radius,
        )  # fmt: skip


def body_of(recorded: Recorded, inner: list[Operation]) -> Body:
    """The same text for any numbers: names say only where a result stands among those of its loop."""
    asked = sorted(set(recorded.recording.asked))
    made = {o.result for o in inner}
    used = {x for o in inner for x in o.operands} | {recorded.value, recorded.radius} | set(asked)
    reads = tuple(sorted(x for x in used if isinstance(x, int) and x not in made))
    names = {x: f"v{i}" for i, x in enumerate((*reads, *(o.result for o in inner)))}
    return Body(
        reads,
        tuple(_place(recorded.recording.shapes[x]) for x in reads),
        tuple(f"{names[o.result]} = {_code(o, names)}" for o in inner),
        tuple(names[n] for n in asked),
        _name(recorded.value, names),
        _name(recorded.radius, names),
    )


def _indented(lines: list[str]) -> str:
    return "".join(f"            {line}\n" for line in lines)


def _place(shape: tuple[int, ...]) -> str:
    """Where a result stands for element (i, j): a row, a column or one number serves many."""
    if len(shape) < 2:
        return "0, 0" if not shape else "0, j"
    return f"{'i' if shape[0] > 1 else '0'}, {'j' if shape[1] > 1 else '0'}"


def _name(operand: Operand, names: dict[int, str]) -> str:
    if isinstance(operand, Constant):
        return repr(operand.value) if np.isfinite(operand.value) else f"np.{operand.value}"
    return names[operand]


def _code(o: Operation, names: dict[int, str]) -> str:
    if o.function == "bitwise_and":
        return f"{_name(o.operands[0], names)} & np.int64({int(o.operands[1].value)})"  # type: ignore[union-attr]
    return CODE[o.function].format(*(_name(x, names) for x in o.operands))
