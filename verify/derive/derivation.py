"""Build the explanation of one number from a trace and an index.

Two words are kept apart: an `index` counts from 1, as the essay does; a `position` counts from 0, as NumPy does.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from reference.tensor_names import CARRIED, read
from reports.as_explanation import VERDICTS, ulps
from reports.explanation import Explanation, FormulaLine, Line, Outcome, Share, Step
from verify.derive import formula
from verify.derive.address import address, find_position
from verify.derive.case import DerivedStep
from verify.derive.conventions import conventions
from verify.derive.error_budget import chained, shares
from verify.derive.essay_notes import notes
from verify.derive.expression import tensor as tensor_node
from verify.derive.numbers import Numbers, position_of
from verify.derive.rationals import Exact
from verify.derive.summation import order_of_summation
from verify.derive.symbols import symbol
from verify.derive.terms import term_of
from verify.derive.typesetting import in_letters, in_matrices, remarks, subscripts
from verify.errors import Unusable
from verify.essay.equation_index import stated
from verify.records.trace import Trace

NO_RULE = "no rule computes it"
GIVEN = {
    "X": "a pixel",
    "y": "a label",
    "W": "a weight as the step begins",
    "B": "a bias as the step begins",
    "M": "the random mask of dropout",
    "K": "the random mask of dropout",
    "E": "a random number of a noise layer",
    "gamma": "a scale as the step begins",
    "shift": "a shift as the step begins",
    "mean": "a moving mean as the step begins",
    "variance": "a moving variance as the step begins",
    "alpha": "the learning rate, which code of your own gives",
}


class Element(NamedTuple):
    """One element of a tensor, and a remark that says why it is shown."""

    tensor: str
    position: tuple[int, ...]
    remark: str = ""


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
    asked = Element(tensor, find_position(case, tensor, index))
    first, *others = (_step(case, element, why) for element in _followed(case, asked, depth))
    if why and tensor in case.rules:
        order = order_of_summation(case, case.rules[tensor], asked.position)
        first = replace(first, notes=(*first.notes, *order))
    steps = (first, *others)
    title = address(tensor, index)
    unrolled = frozenset(s.tensor for s in steps if s.outcome is not None and case.rules[s.tensor].phase != "start")
    whole, words = None, ""
    if len(unrolled) > 1:
        inputs = {name for computed in unrolled for name in case.rules[computed].inputs}
        sources = sorted(inputs - unrolled - case.scalars.keys())
        whole, words = _whole(case, asked, unrolled), f"from {', '.join(sources)}, without any rounding in between"
    passed = all(s.outcome is None or s.outcome.passed for s in steps)
    of_step = f" of step {case.number}" if case.trace.settings.steps > 1 else ""
    return Explanation(title, _headline(f"{title}{of_step}", steps), passed, steps, whole, words)


def _headline(title: str, steps: tuple[Step, ...]) -> str:
    """Return the first line of the report: the verdict, both numbers, and their difference in ulp."""
    first = steps[0].outcome
    if first is None:
        return f"{title} is given: {steps[0].words}"
    numbers = f"{title}: by hand {first.by_hand}, TensorFlow {first.tensorflow}"
    difference = f"difference {ulps(first.ulp)}"
    if not first.passed:
        return f"FAIL {numbers}, {difference}: {VERDICTS[first.verdict]}"
    failed = [address(s.tensor, s.index) for s in steps if s.outcome is not None and not s.outcome.passed]
    if failed:
        return f"FAIL {numbers}; among the numbers it is computed from, rounding does not explain {', '.join(failed)}"
    return f"PASS {numbers}, {'correctly rounded' if first.verdict == 'equal' else difference}"


def _step(case: DerivedStep, element: Element, why: bool) -> Step:
    """Return the derivation of one element by its rule, or its value alone if no rule computes it."""
    name, position, remark = element
    rule, index = case.rules.get(name), tuple(i + 1 for i in position)
    left = symbol(name, subscripts(tensor_node(name, case.shape(name)), position))
    if rule is None:
        words = GIVEN.get(read(name).quantity, "a parameter as the step begins") if name in case.given else NO_RULE
        return Step(name, index, left, "given", words, (_value_in_trace(case, element, left),), None, remark)
    node = case.node(name)
    term, numbers = term_of(node, position), Numbers(case)
    lines = [
        Line(symbol(name), in_matrices(node), f"({rule.equation})"),
        Line(left, in_letters(term), "; ".join(remarks(term))),
    ]
    lines += numbers.intermediate_lines(term)
    lines.append(Line(formula.NOTHING if lines[-1].left == left else left, *numbers.in_numbers(term)))
    sources = shares(case, rule, position) if why else ()
    ball = case.ball(rule)
    by_hand = case.correct(node, position, case.digits)
    outcome = _outcome(case, element, by_hand, float(ball.value[position]), float(ball.spread()[position]), sources)
    if lines[-1].right.text != outcome.by_hand:
        lines.append(Line(formula.NOTHING, formula.number(outcome.by_hand + ("" if outcome.exact else "…"))))
    words = (stated(rule).__doc__ or "").split("\n")[0].partition(".  ")[0].strip()
    sentences = (*notes(case, rule, position, outcome), *conventions(case, rule, position))
    return Step(name, index, left, rule.equation, words, tuple(lines), outcome, remark, sentences)


def _value_in_trace(case: DerivedStep, element: Element, left: FormulaLine) -> Line:
    """Return the line "element = value".  Raises Unusable if the trace does not hold the tensor."""
    array = case.captured.get(element.tensor)
    if array is None:
        raise Unusable(f"{element.tensor}: the trace does not hold it in step {case.number}")
    text = str(array[element.position]).removesuffix(".0")
    return Line(left, formula.number(text) if text[-1].isdigit() else formula.plain(text))


def _whole(case: DerivedStep, element: Element, unrolled: frozenset[str]) -> Outcome:
    """Return the outcome of all steps in one, computed without rounding.

    Its bound is carried along from step to step.
    """
    by_hand = case.correct(case.node(element.tensor), element.position, case.digits, unrolled)
    ball = chained(case, element.tensor, element.position, unrolled)
    return _outcome(case, element, by_hand, float(ball.value.item()), float(np.max(ball.radius)))


def _outcome(
    case: DerivedStep, element: Element, by_hand: Exact, middle: float, bound: float, sources: tuple[Share, ...] = ()
) -> Outcome:
    """Return the number by hand beside TensorFlow's, judged by a bound around `middle`.

    Raises Unusable if TensorFlow's number is missing or not finite, or the number by hand is too large.
    """
    tensorflow, value = float(case.array(element.tensor)[element.position]), by_hand.item()
    if not np.isfinite(tensorflow):
        raise Unusable(f"{element.tensor}: the trace holds NaN or infinity there")
    try:
        nearest = float(case.precision.round(float(value)))
    except OverflowError:
        raise Unusable(f"{element.tensor}: by hand the number there is too large for {case.precision.name}") from None
    difference = abs(Fraction(tensorflow) - value)
    spacing = float(case.precision.spacing(max(abs(float(value)), abs(tensorflow))))
    text, complete = formula.decimal(value, case.digits)
    return Outcome(
        by_hand=text,
        exact=complete and by_hand.exact,
        tensorflow=formula.decimal(Fraction(tensorflow), case.digits)[0],
        difference=float(difference),
        ulp=float(difference / Fraction(spacing)),
        allowed=bound,
        verdict=_verdict(tensorflow, middle, bound, nearest),
        why=sources,
    )


def _verdict(tensorflow: float, middle: float, bound: float, nearest: float) -> str:
    """Return one of "unbounded", "outside", "equal" (TensorFlow's number is correctly rounded) and "within"."""
    if not (np.isfinite(middle) and np.isfinite(bound)):
        return "unbounded"
    if abs(tensorflow - middle) > bound:
        return "outside"
    return "equal" if tensorflow == nearest else "within"


def _followed(case: DerivedStep, element: Element, depth: int | None) -> Iterator[Element]:
    """Yield the element, then one element of each tensor that it is computed from, with the reason for the choice.

    If several elements of a tensor enter, the one with the most weight is chosen.
    """
    yield element
    seen, level = {element.tensor}, [element]
    remaining = np.inf if depth is None else depth
    while level and remaining > 1:
        remaining -= 1
        next_level = []
        for outer in level:
            for inner in _operands(case, outer):
                if (
                    inner.tensor not in seen
                    and inner.tensor in case.rules
                    and case.rules[inner.tensor].phase != "start"
                ):
                    seen.add(inner.tensor)
                    next_level.append(inner)
                    yield inner
        level = next_level


def _operands(case: DerivedStep, element: Element) -> Iterator[Element]:
    """Yield the elements from which one element is computed, each with the reason why it was chosen."""
    if element.tensor not in case.rules:
        return
    for leaf, count in Numbers(case).elements(term_of(case.node(element.tensor), element.position)):
        name, position = leaf.node.name, position_of(leaf)
        remark = f"of {count:,} numbers of {name} that enter, the one with the most weight" if count > 1 else ""
        if len(position) == len(case.shape(name)) and not name.endswith(CARRIED):
            yield Element(name, position, remark)
