"""Find the cause of a disagreement. A cause is named only if it explains every element of the tensor."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from reference.network import Network
from reference.rules import Optimizer, Rule
from reference.tensor_names import REPORTED, previous, read
from verify.bounds import Ball
from verify.compare.variants import IMPOSSIBLE, variants
from verify.compare.wording import index_text
from verify.records.precision import Floats, Precision
from verify.records.trace import Array

LISTED = 4  # the largest number of places that a message names
WIDE = 4  # a bound more than this many times that of the rule is wide
ROWS = 64  # the largest number of rows or columns among which a permutation is searched


@dataclass(frozen=True)
class Context:
    """The run and the step that a tensor belongs to.

    `captured` has the step's tensors as TensorFlow computed them, `balls` the same tensors computed by hand. `operands`
    has the inputs as balls: those of this step, and those of the step before, whose names end with "~". `rules` has the
    step's rules by tensor, in their order.
    """

    network: Network
    optimizer: Optimizer
    precision: Precision
    captured: Mapping[str, Array]
    balls: Mapping[str, Ball]
    operands: Mapping[str, Ball]
    rules: Mapping[str, Rule] = field(default_factory=dict)


def diagnose(rule: Rule, context: Context) -> str:
    """Return the simplest cause that explains every element of a rule's tensor, or "" if none does."""
    captured, ball = context.captured[rule.tensor], context.balls[rule.tensor]
    if not np.isfinite(captured).all() or captured.shape != ball.shape:
        return ""
    for variant in variants(rule, context.network, context.optimizer):
        other = attempt(variant.rule, context.operands, context.precision)
        if other is not None and inside(captured, other) and _is_narrow(other, ball, captured):
            return f"agrees with: {variant.name}"
    return _Disagreement(rule, captured, ball, context).cause()


def attempt(rule: Rule, operands: Mapping[str, Ball], precision: Precision) -> Ball | None:
    """Return the ball of a variant.

    Returns None if it cannot be computed: an input is missing, shapes do not fit, or balls lack an operation.
    """
    if any(name not in operands for name in rule.inputs):
        return None
    try:
        with np.errstate(all="ignore"):
            result = rule(operands)
    except IMPOSSIBLE:
        return None
    return result if isinstance(result, Ball) else Ball(result, 0.0, precision)


def inside(captured: Array, ball: Ball) -> bool:
    """Return True if every element lies in the ball, and every bound is finite."""
    if ball.shape != captured.shape:
        return False
    bound = ball.spread()
    return bool(np.isfinite(bound).all() and _within(captured, ball.value, bound).all())


def _is_narrow(other: Ball, ball: Ball, captured: Array) -> bool:
    """Return False if the ball of a variant is too wide to explain why TensorFlow's numbers are not in the rule's ball.

    If a mask or a label is undecided, the ball of a variant holds what either choice gives. At most of the numbers that
    are outside, its bound must be at most half of the difference to be explained, or not wide.
    """
    difference, bound, own = np.abs(captured.astype(np.float64) - ball.value), ball.spread(), other.spread()
    outside = ~(difference <= bound)
    narrow = own <= np.maximum(difference / 2, WIDE * bound)
    return not outside.any() or bool(narrow[outside].mean() > 0.5)


def _within(actual: Array, value: Array, bound: Array) -> Array:
    """Return True for each element that differs from `value` by at most its bound."""
    with np.errstate(invalid="ignore"):
        within: Array = np.abs(actual.astype(np.float64) - value) <= bound
    return within


class _Disagreement:
    """A tensor that no variant agrees with: TensorFlow's numbers `actual`, and `value` ± `bound` by hand.

    `wrong` is the mask of the elements that are outside. Each method named in `cause` looks for one kind of cause. It
    returns a sentence, or "" if its cause does not explain every element.
    """

    def __init__(self, rule: Rule, actual: Array, ball: Ball, context: Context) -> None:
        self.rule, self.actual, self.ball, self.context = rule, actual, ball, context
        self.value, self.bound = ball.value, ball.spread()
        self.wrong = ~_within(actual, self.value, self.bound)

    def cause(self) -> str:
        """Return the first cause that explains every element, or ""."""
        searches = (self.copied, self.mask, self.clip, self.factor, self.sign, self.zeroed, self.permuted)
        return next((sentence for search in searches if (sentence := search())), "")

    def agrees(self, value: Array) -> bool:
        """Return True if TensorFlow's numbers lie within their bounds of `value`."""
        return bool(_within(self.actual, value, self.bound).all())

    def copied(self) -> str:
        """Look for another tensor with these numbers: exchanged, sharing memory, or left from the step before."""
        actual, tensor, operands = self.actual, self.rule.tensor, self.context.operands
        if not actual.size or not actual.any():
            return ""
        if _equal(operands.get(previous(tensor)), actual):
            return "it holds its value of the step before"
        same, captured = self.handed_on(), self.context.captured.items()
        found = [n for n, other in captured if other.shape == actual.shape and (other == actual).all()]
        if actual.size > 1:
            found += [n for n, ball in operands.items() if not read(n).when and _equal(ball, actual)]
            balls = self.context.balls.items()
            found += [n for n, ball in balls if inside(actual, ball) and _is_narrow(ball, self.ball, actual)]
        return next((f"it holds the numbers of {name}" for name in found if name not in same), "")

    def handed_on(self) -> set[str]:
        """Return the tensor and all tensors that have its numbers by their equations, such as what Keras reports of C.

        They hold its wrong numbers too, and so are no cause.
        """
        same, balls = {self.rule.tensor, REPORTED}, {**self.context.operands, self.rule.tensor: self.ball}
        for name, rule in self.context.rules.items():
            if not same.isdisjoint(rule.inputs) and name not in same:
                other = attempt(rule, balls, self.context.precision)
                if _equal(other, self.value):
                    same, balls = same | {name}, {**balls, name: self.ball}
        return same

    def mask(self) -> str:
        """Look for single elements where the mask of ReLU is inverted. Near Z = 0 rounding can invert it."""
        if len(self.rule.inputs) != 2 or self.rule.kind != "relu":
            return ""
        dA, Z = (self.context.operands.get(name) for name in self.rule.inputs)
        wrong = self.wrong
        if dA is None or Z is None or wrong.sum() > max(LISTED, wrong.size // 100):
            return ""
        inverted = np.where(Z.value > 0, 0.0, dA.value)
        if not _within(self.actual, inverted, dA.spread())[wrong].all():
            return ""
        nearest = float(np.abs(Z.value[wrong]).min())
        return f"the mask is inverted at {_places(wrong)}, where |Z| is {nearest:.2g} or more"

    def clip(self) -> str:
        """Look for a gradient whose elements were cut off at one magnitude."""
        if read(self.rule.tensor).role != "d" or self.actual.size < 2:
            return ""
        limit = float(np.abs(self.actual).max())
        if not limit or not self.agrees(np.clip(self.value, -limit, limit)):
            return ""
        return f"agrees with: gradient clipped at {limit:.6g}"

    def factor(self) -> str:
        """Look for one factor that all elements were multiplied by.

        The factor is measured at the element whose value is largest in proportion to its bound.
        """
        wide, value, bound = self.actual.astype(np.float64), self.value, self.bound
        unit = self.context.precision.joint_unit
        measurable = np.abs(value) > 100 * bound
        if wide.size < 2 or not measurable.any():
            return ""
        with np.errstate(over="ignore"):
            precise = np.where(measurable, np.abs(value) / (bound + 1e-300), 0)
        best = np.unravel_index(int(np.argmax(precise)), value.shape)
        factor = float(wide[best] / value[best])
        slack = bound * abs(factor) + np.abs(wide) * 2 * unit
        slack = slack + np.abs(value) * abs(factor) * float(bound[best] / abs(value[best]))
        differs_from_one = abs(factor - 1) > 8 * unit
        if not factor or not differs_from_one or not (np.abs(wide - factor * value) <= slack).all():
            return ""
        return f"every element is {factor:.7g} times what the equation gives"

    def sign(self) -> str:
        """Look for single elements with the wrong sign."""
        if not _within(np.where(self.wrong, -self.actual, self.actual), self.value, self.bound).all():
            return ""
        return f"the sign is wrong at {_places(self.wrong)}" if self.actual.ndim else "the sign is wrong"

    def zeroed(self) -> str:
        """Look for rows or columns that are 0."""
        if self.actual.ndim < 2 or self.actual[self.wrong].any():
            return ""
        for word, (actual, wrong) in self._lines(self.actual, self.wrong).items():
            lines = np.flatnonzero(wrong.any(axis=1))
            if len(lines) <= LISTED and not actual[lines].any():
                numbers = ", ".join(str(line + 1) for line in lines)
                return f"{word} {numbers} is 0" if len(lines) == 1 else f"{word}s {numbers} are 0"
        return ""

    def permuted(self) -> str:
        """Look for a transposed matrix, or for rows or columns in another order."""
        actual = self.actual
        if actual.ndim < 2:
            return ""
        if actual.ndim == 2 and 1 < actual.shape[0] == actual.shape[1] and inside(actual.T, self.ball):
            return "it is transposed"
        for word, matrix in self._lines(actual, self.value, self.bound, self.wrong).items():
            order = _order(*matrix)
            if order:
                moved = ", ".join(f"{line + 1} holds {source + 1}" for line, source in order.items())
                return f"{word}s are in another order" + (f": {moved}" if len(order) <= LISTED else "")
        return ""

    @staticmethod
    def _lines(*arrays: Array) -> dict[str, tuple[Array, ...]]:
        """Return the arrays as matrices whose rows are the rows (along the first axis), or the columns (the last)."""
        rows = tuple(array.reshape(len(array), -1) for array in arrays)
        columns = tuple(array.reshape(-1, array.shape[-1]).T for array in arrays)
        return {"row": rows, "column": columns}


def _equal(ball: Ball | None, actual: Array) -> bool:
    """Return True if the values of a ball are these numbers."""
    return ball is not None and ball.shape == actual.shape and bool((ball.value == actual).all())


def _order(actual: Array, value: Floats, bound: Floats, wrong: Array) -> dict[int, int]:
    """Return, for each wrong row, the row by hand whose numbers it holds.

    Returns {} if a wrong row holds no other wrong row's numbers, or if there are too few or too many wrong rows.
    """
    lines = np.flatnonzero(wrong.any(axis=1)).tolist()
    order: dict[int, int] = {}
    for line in lines if 2 <= len(lines) <= ROWS else ():
        sources = (source for source in lines if source not in order.values())
        source = next((s for s in sources if _within(actual[line], value[s], bound[s]).all()), None)
        if source is None:
            return {}
        order[line] = source
    return order


def _places(wrong: Array) -> str:
    """Return the first places that are True as text, counted from 1."""
    places = [index_text(index) for index in np.argwhere(wrong)[: LISTED + 1].tolist()]
    return ", ".join(places[:LISTED]) + (" and others" if len(places) > LISTED else "")
