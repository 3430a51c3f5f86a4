"""A gradient that comes from several places.

What several layers read gets a gradient from each of them, and the chain rule adds these up: over the nodes of the next
layer in (20a), over its readers here. A parameter that several layers share gets its gradient in the same way.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from math import prod
from typing import Any

from reference.operations import added, either
from reference.rule import Rule

Part = tuple[Callable[..., Any], int]  # what one reader sends back, and how many tensors that is computed from
KIND = "branches"
MOST = 16  # ways in which the readers of one tensor may choose


def gradient_of_branches(*tensors: Any, parts: tuple[Part, ...]) -> Any:
    """dC/dT = Σ of what each reader of T sends back.  -> the shape of T.  Goodfellow et al. 2016, (6.46)"""
    sent, first = [], 0
    for compute, count in parts:
        sent.append(compute(*tensors[first : first + count]))
        first += count
    return added(*sent)


def either_way(*tensors: Any, ways: tuple[Callable[..., Any], ...]) -> Any:
    """What one reader of T sends back, in any of its ways.  -> the shape of T.  Goodfellow et al. 2016, (6.46)"""
    return either(*(compute(*tensors) for compute in ways))


def together(rules: Sequence[Rule]) -> Rule:
    """Return one rule that adds up what these rules of one tensor give."""
    counts = tuple(len(rule.inputs) for rule in rules)
    first, *others = (tuple(zip(way, counts, strict=True)) for way in _ways([(r.compute, *r.otherwise) for r in rules]))
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
        otherwise=tuple(partial(gradient_of_branches, parts=parts) for parts in others),
    )


def _ways(choices: Sequence[tuple[Callable[..., Any], ...]]) -> Iterator[tuple[Callable[..., Any], ...]]:
    """Yield the ways to choose one function for each reader, the first of each first.

    The number of ways doubles with each reader that has a choice. If there are more than MOST, there are two: the first
    and one in which each reader may send back any of its results, number by number.
    """
    if prod(map(len, choices)) <= MOST:
        yield from product(*choices)
    else:
        yield tuple(functions[0] for functions in choices)
        yield tuple(partial(either_way, ways=functions) if functions[1:] else functions[0] for functions in choices)
