"""From a trace and an index to the explanation of one number."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial

import numpy as np

from reference.rules import Rule
from reference.tensor_names import CARRIED
from reports.as_explanation import VERDICTS, ulps
from reports.explanation import Explanation, Formula, Line, Outcome, Share, Step
from verify.derive import formula
from verify.derive import rationals as exact
from verify.derive import symbols as letters
from verify.derive.address import place, written
from verify.derive.case import Case
from verify.derive.error_budget import chained, shares
from verify.derive.essay_notes import notes
from verify.derive.expression import tensor
from verify.derive.numbers import Numbers
from verify.derive.terms import term
from verify.derive.typesetting import in_letters, in_matrices, subscripts
from verify.errors import Unusable
from verify.essay.equation_index import stated
from verify.records.trace import Trace


def explanation(
    trace: Trace, step: int, tensor: str, index: tuple[int, ...] = (), depth: int | None = 1
) -> Explanation:  # fmt: skip
    """How one number of a trace comes about.

    `step` and `index` count from 1, as the essay does; the row of a bias, or of a batch of one, may be left out.
    `depth`: how many rules back; None: all the way to pixels and weights.
    Raises Unusable for what the trace does not have, and for numbers that are not finite.
    """
    return explain(Case(trace, step), tensor, index, depth)


def explain(
    case: Case, tensor: str, index: tuple[int, ...] = (), depth: int | None = 1, why: bool = True
) -> Explanation:  # fmt: skip
    """The same; several explanations of one step share a case, and what it has computed.

    `why`: say what each operation contributes to what is allowed, which takes most of the time.
    """
    if depth is not None and depth < 1:
        raise Unusable(f"--depth {depth}: at least one rule is derived")
    at = place(case, tensor, index)
    followed = _followed(case, tensor, at, depth)
    steps = tuple(one_step(case, name, where, remark, why) for name, where, remark in followed)
    title = written(tensor, index)
    unrolled = frozenset(s.tensor for s in steps if s.outcome is not None and case.rules[s.tensor].phase != "start")
    whole = _whole(case, tensor, at, unrolled) if len(unrolled) > 1 else None
    passed = all(s.outcome is None or s.outcome.passed for s in steps)
    where = f" of step {case.number}" if case.trace.settings.steps > 1 else ""
    words = "from " + ", ".join(_sources(case, unrolled)) + ", without any rounding in between" if whole else ""
    return Explanation(title, _headline(f"{title}{where}", steps), passed, steps, whole, words)


def _headline(title: str, steps: tuple[Step, ...]) -> str:
    first = steps[0].outcome
    if first is None:
        return f"{title} is given: {steps[0].words}"
    numbers = f"{title}: by hand {first.by_hand}, TensorFlow {first.tensorflow}"
    wrong = [written(s.tensor, s.index) for s in steps if s.outcome is not None and not s.outcome.passed]
    if not first.passed:
        return f"FAIL {numbers}, {ulps(first.ulp)} away: {VERDICTS[first.verdict]}"
    if wrong:
        return f"FAIL {numbers}; on the way there rounding does not explain {', '.join(wrong)}"
    apart = "the nearest number there is" if first.verdict == "equal" else f"{ulps(first.ulp)} away"
    return f"PASS {numbers}, {apart}"


def _sources(case: Case, unrolled: frozenset[str]) -> Iterator[str]:
    read = dict.fromkeys(name for t in unrolled for name in case.rules[t].inputs)
    yield from sorted(name for name in read if name not in unrolled and name not in case.scalars)


def one_step(case: Case, name: str, at: tuple[int, ...], because: str = "", why: bool = True) -> Step:
    """One element by its rule. `at` counts from 0."""
    rule = case.rules.get(name)
    index = tuple(i + 1 for i in at)
    left = letters.element(name, subscripts(tensor(name, case.own_shape(name)), at))
    if rule is None:
        return Step(name, index, left, "given", _given(case, name), (_held(case, name, at, left),), None, because)
    node = case.node(name)
    of = term(node, at)
    numbers = Numbers(case)
    lines = [Line(letters.whole(name), in_matrices(node), _number(rule)), Line(left, in_letters(of))]
    lines += numbers.lines(of)
    put_in, remark = numbers.put_in(of)
    lines.append(Line(formula.NOTHING if lines[-1].left == left else left, put_in, remark))
    parts = shares(case, rule, at) if why else ()
    outcome = judged(case, rule, at, case.correct(node, at, case.digits), parts)
    if lines[-1].right.text != outcome.by_hand:
        lines.append(Line(formula.NOTHING, formula.number(outcome.by_hand + ("" if outcome.exact else "…"))))
    return Step(
        name, index, left, rule.equation, _words(rule), tuple(lines), outcome, because, notes(case, rule, at, outcome)
    )


def judged(case: Case, rule: Rule, at: tuple[int, ...], by_hand: exact.Exact, why: tuple[Share, ...]) -> Outcome:
    """By hand against TensorFlow's, and what the comparison allows there."""
    ball = case.ball(rule)
    return _outcome(case, rule.tensor, at, by_hand, float(ball.value[at]), float(ball.spread()[at]), why)


def _outcome(
    case: Case, name: str, at: tuple[int, ...], by_hand: exact.Exact, middle: float, allowed: float,
    why: tuple[Share, ...],
) -> Outcome:  # fmt: skip
    there, value = float(case.array(name)[at]), by_hand.item()
    if not np.isfinite(there):
        raise Unusable(f"{name}: the trace holds NaN or infinity there")
    try:
        nearest = case.precision.round(np.float64(float(value)))
    except OverflowError:
        raise Unusable(f"{name}: by hand the number there is too large for {case.precision.name}") from None
    apart = abs(Fraction(there) - value)
    spacing = float(case.precision.spacing(np.float64(max(abs(float(value)), abs(there)))))
    verdict = _verdict(there, middle, allowed, float(nearest))
    text, whole = formula.decimal(value, case.digits)
    tensorflow, _ = formula.decimal(Fraction(there), case.digits)
    ulp = float(apart / Fraction(spacing))
    return Outcome(text, whole and by_hand.exact, tensorflow, float(apart), ulp, allowed, verdict, why)


def _verdict(there: float, middle: float, allowed: float, nearest: float) -> str:
    if not (np.isfinite(middle) and np.isfinite(allowed)):
        return "unbounded"
    if abs(there - middle) > allowed:
        return "outside"
    return "equal" if there == nearest else "within"


def _whole(case: Case, name: str, at: tuple[int, ...], unrolled: frozenset[str]) -> Outcome:
    """All steps in one, without rounding; what is allowed then is the bound carried along from step to step."""
    found = case.correct(case.node(name), at, case.digits, unrolled)
    ball = chained(case, name, at, unrolled)
    return _outcome(case, name, at, found, float(ball.value.item()), float(np.max(ball.radius)), ())


def _held(case: Case, name: str, at: tuple[int, ...], left: Formula) -> Line:
    array = case.held.get(name)
    if array is None:
        raise Unusable(f"{name}: the trace does not hold it in step {case.number}")
    return Line(left, formula.number(str(array[at]).removesuffix(".0")))


def _given(case: Case, name: str) -> str:
    kinds = {"X": "a pixel", "y": "a label", "W": "a weight as the step begins", "B": "a bias as the step begins",
             "M": "what dropout lets through, drawn at random"}  # fmt: skip
    return kinds.get(name[0], "no rule computes it") if name in case.given else "no rule computes it"


def _number(rule: Rule) -> str:
    return f"({rule.equation})"


def _words(rule: Rule) -> str:
    """What the function that states the rule says of itself, without shapes and source."""
    function = stated(rule)
    while isinstance(function, partial):
        function = function.func
    return (function.__doc__ or "").split("\n")[0].partition(".  ")[0].strip()


def _followed(
    case: Case, name: str, at: tuple[int, ...], depth: int | None
) -> Iterator[tuple[str, tuple[int, ...], str]]:  # fmt: skip
    """The element, and of every tensor that it is computed from, one element each: where many enter, the weightiest."""
    yield name, at, ""
    seen, level = {name}, [(name, at)]
    while level and (depth is None or depth > 1):
        depth = None if depth is None else depth - 1
        following: list[tuple[str, tuple[int, ...]]] = []
        for tensor_name, where in level:
            if tensor_name not in case.rules:
                continue
            for inner, place_of, why in _read(case, tensor_name, where):
                if inner not in seen and inner in case.rules and case.rules[inner].phase != "start":
                    seen.add(inner)
                    following.append((inner, place_of))
                    yield inner, place_of, why
        level = following


def _read(case: Case, name: str, at: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """The elements that are shown in this step, the first of each tensor that stands in a formula with numbers."""
    numbers = Numbers(case)
    for leaf, many in numbers.read(term(case.node(name), at)):
        shape = case.shape(leaf.node.name)
        place_of = tuple(int(i) for i in leaf.index)
        why = f"of {many:,} numbers of {leaf.node.name} that enter, the one with the most weight" if many > 1 else ""
        if len(place_of) == len(shape) and not leaf.node.name.endswith(CARRIED):
            yield leaf.node.name, place_of, why
