"""A gradient that comes from several places.

What several layers read gets a gradient from each of them, and the chain rule adds these up: over the nodes of the next
layer in (20a), over its readers here. A parameter that several layers share gets its gradient in the same way.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from reference.operations import added
from reference.rule import Rule

Part = tuple[Callable[..., Any], int]  # what one reader sends back, and how many tensors that is computed from
KIND = "branches"


def gradient_of_branches(*tensors: Any, parts: tuple[Part, ...]) -> Any:
    """dC/dT = Σ of what each reader of T sends back.  -> the shape of T.  Goodfellow et al. 2016, (6.46)"""
    sent, first = [], 0
    for compute, count in parts:
        sent.append(compute(*tensors[first : first + count]))
        first += count
    return added(*sent)


def together(rules: Sequence[Rule]) -> Rule:
    """Return one rule that adds up what these rules of one tensor give.

    Where rules have a second right way, a compiler takes it in all of them or in none.
    """
    first = tuple((rule.compute, len(rule.inputs)) for rule in rules)
    second = tuple((rule.otherwise[0] if rule.otherwise else rule.compute, len(rule.inputs)) for rule in rules)
    return Rule(
        rules[0].tensor,
        " + ".join(rule.equation for rule in rules),
        tuple(name for rule in rules for name in rule.inputs),
        partial(gradient_of_branches, parts=first),
        rules[0].layer,
        "backward",
        tuple(dict.fromkeys(name for rule in rules for name in rule.fusable)),
        kind=KIND,
        elementwise=all(rule.elementwise for rule in rules),
        scales=any(rule.scales for rule in rules),
        otherwise=(partial(gradient_of_branches, parts=second),) if second != first else (),
    )
