"""Build the explanation of one number from a trace and an index.

Two words are kept apart: an `index` counts from 1, as the essay does; a `position` counts from 0, as NumPy does.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial

import numpy as np

from reference.rules import Rule
from reference.tensor_names import CARRIED
from reports.as_explanation import VERDICTS, ulps
from reports.explanation import Explanation, FormulaLine, Line, Outcome, Share, Step
from verify.derive import formula
from verify.derive import rationals as exact
from verify.derive import symbols as letters
from verify.derive.address import place, written
from verify.derive.case import DerivedStep
from verify.derive.error_budget import chained, shares
from verify.derive.essay_notes import notes
from verify.derive.expression import tensor
from verify.derive.numbers import Numbers
from verify.derive.terms import term
from verify.derive.typesetting import in_letters, in_matrices, subscripts
from verify.errors import Unusable
from verify.essay.equation_index import stated
from verify.records.trace import Trace

Element = tuple[str, tuple[int, ...]]  # a tensor and a position in it
NO_RULE = "no rule computes it"
GIVEN = {
    "X": "a pixel",
    "y": "a label",
    "W": "a weight as the step begins",
    "B": "a bias as the step begins",
    "M": "what dropout lets through, drawn at random",
}


def explanation(
    trace: Trace, step: int, tensor: str, index: tuple[int, ...] = (), depth: int | None = 1
) -> Explanation:
    """Return the explanation of one number of a trace.

    `step` and `index` count from 1, as the essay does. The row of a bias, or of a batch of one, may be left out.
    `depth` is how many rules back the derivation goes; None: all the way to pixels and weights.
    Raises Unusable for a step, tensor or index that the trace does not have, and for numbers that are not finite.
    """
    return explain(DerivedStep(trace, step), tensor, index, depth)


def explain(
    case: DerivedStep, tensor: str, index: tuple[int, ...] = (), depth: int | None = 1, why: bool = True
) -> Explanation:
    """Return the explanation of one number of a case.  Arguments and errors are those of `explanation`.

    Several explanations of one step should share a case, because the case keeps what it has computed.
    `why`: also list what each operation contributes to the bound; this takes most of the time.
    """
    if depth is not None and depth < 1:
        raise Unusable(f"--depth {depth}: at least one rule is derived")
    position = place(case, tensor, index)
    elements = _followed(case, tensor, position, depth)
    steps = tuple(one_step(case, name, where, remark, why) for name, where, remark in elements)
    title = written(tensor, index)
    unrolled = frozenset(s.tensor for s in steps if s.outcome is not None and case.rules[s.tensor].phase != "start")
    whole = _whole(case, tensor, position, unrolled) if len(unrolled) > 1 else None
    passed = all(s.outcome is None or s.outcome.passed for s in steps)
    of_step = f" of step {case.number}" if case.trace.settings.steps > 1 else ""
    words = "from " + ", ".join(_sources(case, unrolled)) + ", without any rounding in between" if whole else ""
    return Explanation(title, _headline(f"{title}{of_step}", steps), passed, steps, whole, words)


def _headline(title: str, steps: tuple[Step, ...]) -> str:
    """Return the first line of the report: the verdict, both numbers, and their difference in ulp."""
    first = steps[0].outcome
    if first is None:
        return f"{title} is given: {steps[0].words}"
    numbers = f"{title}: by hand {first.by_hand}, TensorFlow {first.tensorflow}"
    if not first.passed:
        return f"FAIL {numbers}, {ulps(first.ulp)} away: {VERDICTS[first.verdict]}"
    failed = [written(s.tensor, s.index) for s in steps if s.outcome is not None and not s.outcome.passed]
    if failed:
        return f"FAIL {numbers}; on the way there rounding does not explain {', '.join(failed)}"
    difference = "the nearest number there is" if first.verdict == "equal" else f"{ulps(first.ulp)} away"
    return f"PASS {numbers}, {difference}"


def _sources(case: DerivedStep, unrolled: frozenset[str]) -> list[str]:
    """Return the names of the tensors from which the unrolled tensors are computed."""
    inputs = {name for computed in unrolled for name in case.rules[computed].inputs}
    return sorted(inputs - unrolled - case.scalars.keys())


def one_step(case: DerivedStep, name: str, position: tuple[int, ...], because: str = "", why: bool = True) -> Step:
    """Return the derivation of one element by its rule, or its value alone if no rule computes it.

    `because` is the remark that says why the element is shown; `why` is explained in `explain`.
    """
    rule = case.rules.get(name)
    index = tuple(i + 1 for i in position)
    left = letters.element(name, subscripts(tensor(name, case.own_shape(name)), position))
    if rule is None:
        line = _value_in_trace(case, name, position, left)
        return Step(name, index, left, "given", _given(case, name), (line,), None, because)
    node = case.node(name)
    of = term(node, position)
    numbers = Numbers(case)
    lines = [Line(letters.whole(name), in_matrices(node), f"({rule.equation})"), Line(left, in_letters(of))]
    lines += numbers.lines(of)
    put_in, remark = numbers.put_in(of)
    lines.append(Line(formula.NOTHING if lines[-1].left == left else left, put_in, remark))
    parts = shares(case, rule, position) if why else ()
    outcome = judged(case, rule, position, case.correct(node, position, case.digits), parts)
    if lines[-1].right.text != outcome.by_hand:
        lines.append(Line(formula.NOTHING, formula.number(outcome.by_hand + ("" if outcome.exact else "…"))))
    essay_notes = notes(case, rule, position, outcome)
    return Step(name, index, left, rule.equation, _words(rule), tuple(lines), outcome, because, essay_notes)


def judged(
    case: DerivedStep, rule: Rule, position: tuple[int, ...], by_hand: exact.Exact, why: tuple[Share, ...]
) -> Outcome:
    """Return the number by hand beside TensorFlow's, judged by the bound that the comparison uses.

    Raises Unusable if a number is not finite or the trace lacks an input.
    """
    ball = case.ball(rule)
    return _outcome(
        case, rule.tensor, position, by_hand, float(ball.value[position]), float(ball.spread()[position]), why
    )


def _outcome(
    case: DerivedStep,
    name: str,
    position: tuple[int, ...],
    by_hand: exact.Exact,
    middle: float,
    bound: float,
    why: tuple[Share, ...],
) -> Outcome:
    """Return the outcome for a bound around `middle`.

    Raises Unusable if TensorFlow's number is not finite, or the number by hand is too large.
    """
    tensorflow, value = float(case.array(name)[position]), by_hand.item()
    if not np.isfinite(tensorflow):
        raise Unusable(f"{name}: the trace holds NaN or infinity there")
    try:
        nearest = case.precision.round(np.float64(float(value)))
    except OverflowError:
        raise Unusable(f"{name}: by hand the number there is too large for {case.precision.name}") from None
    difference = abs(Fraction(tensorflow) - value)
    spacing = float(case.precision.spacing(np.float64(max(abs(float(value)), abs(tensorflow)))))
    verdict = _verdict(tensorflow, middle, bound, float(nearest))
    text, complete = formula.decimal(value, case.digits)
    tensorflow_text, _ = formula.decimal(Fraction(tensorflow), case.digits)
    ulp = float(difference / Fraction(spacing))
    return Outcome(text, complete and by_hand.exact, tensorflow_text, float(difference), ulp, bound, verdict, why)


def _verdict(tensorflow: float, middle: float, bound: float, nearest: float) -> str:
    """Return one of "unbounded", "outside", "equal" (TensorFlow's number is correctly rounded) and "within"."""
    if not (np.isfinite(middle) and np.isfinite(bound)):
        return "unbounded"
    if abs(tensorflow - middle) > bound:
        return "outside"
    return "equal" if tensorflow == nearest else "within"


def _whole(case: DerivedStep, name: str, position: tuple[int, ...], unrolled: frozenset[str]) -> Outcome:
    """Return the outcome of all steps in one, computed without rounding.

    Its bound is carried along from step to step.
    """
    by_hand = case.correct(case.node(name), position, case.digits, unrolled)
    ball = chained(case, name, position, unrolled)
    return _outcome(case, name, position, by_hand, float(ball.value.item()), float(np.max(ball.radius)), ())


def _value_in_trace(case: DerivedStep, name: str, position: tuple[int, ...], left: FormulaLine) -> Line:
    """Return the line "element = value".  Raises Unusable if the trace does not hold the tensor."""
    array = case.captured.get(name)
    if array is None:
        raise Unusable(f"{name}: the trace does not hold it in step {case.number}")
    text = str(array[position]).removesuffix(".0")
    return Line(left, formula.number(text) if text[-1].isdigit() else formula.plain(text))


def _given(case: DerivedStep, name: str) -> str:
    """Say what a tensor is that no rule of this step computes."""
    return GIVEN.get(name[0], NO_RULE) if name in case.given else NO_RULE


def _words(rule: Rule) -> str:
    """Return the first sentence of the docstring of the function that states the rule."""
    function = stated(rule)
    while isinstance(function, partial):
        function = function.func
    return (function.__doc__ or "").split("\n")[0].partition(".  ")[0].strip()


def _followed(
    case: DerivedStep, name: str, position: tuple[int, ...], depth: int | None
) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Yield the element, then one element of each tensor that it is computed from, with the reason for the choice.

    If several elements of a tensor enter, the one with the most weight is chosen.
    """
    yield name, position, ""
    seen, level = {name}, [(name, position)]
    remaining = np.inf if depth is None else depth
    while level and remaining > 1:
        remaining -= 1
        next_level: list[Element] = []
        for outer, outer_position in level:
            if outer not in case.rules:
                continue
            for inner, inner_position, reason in _inputs(case, outer, outer_position):
                if inner not in seen and inner in case.rules and case.rules[inner].phase != "start":
                    seen.add(inner)
                    next_level.append((inner, inner_position))
                    yield inner, inner_position, reason
        level = next_level


def _inputs(case: DerivedStep, name: str, position: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Yield the elements from which one element is computed, each with the reason why it was chosen."""
    for leaf, many in Numbers(case).read(term(case.node(name), position)):
        leaf_name, leaf_position = leaf.node.name, tuple(int(i) for i in leaf.index)
        reason = f"of {many:,} numbers of {leaf_name} that enter, the one with the most weight" if many > 1 else ""
        if len(leaf_position) == len(case.shape(leaf_name)) and not leaf_name.endswith(CARRIED):
            yield leaf_name, leaf_position, reason
