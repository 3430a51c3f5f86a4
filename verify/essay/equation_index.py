"""The equation index: number, section of the essay, the tensors whose rule it is, the functions that state it.

Nothing here is a list of equations: numbers and sections come from the claims, tensors from the rules,
functions from the docstrings of `reference`, each of which ends its first line with its equations.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import reference
from reference.feedforward import activation
from reference.network import ESSAY
from reference.optimizers.adam import ALGORITHM_1, KERAS
from reference.optimizers.sgd import SGD
from reference.rules import CARRIED, LOSSES, Rule, rules, start
from reports.table import Cell, Table
from verify.essay.claims import claims

NUMBER = re.compile(r"\((\d+[a-f]?)\)")
SOURCE = re.compile(r"\.  (?!.*\.  )(.+)$")
APPENDIX = re.compile(r"Appendix ([AD])|Kingma & Ba")
ELSEWHERE = re.compile(r"\b(19|20)\d\d\b|Keras: ")  # what the essay does not have: a paper, or Keras alone


@dataclass(frozen=True)
class Entry:
    """One equation: where the essay has it, what is computed by it, what states it."""

    equation: str
    sections: tuple[str, ...]
    tensors: tuple[str, ...]
    functions: tuple[str, ...]


def index() -> tuple[Entry, ...]:
    """Every equation of the essay, in the order in which it prints them."""
    sections: dict[str, dict[str, None]] = {}
    for claim in claims(ESSAY, KERAS.epsilon, ALGORITHM_1.epsilon):
        sections.setdefault(claim.equation, {})[claim.section] = None
    tensors: dict[str, dict[str, None]] = {}
    by_rule: dict[str, dict[str, None]] = {}
    for rule in every_rule():
        for equation in rule.equation.split(", "):
            tensors.setdefault(equation, {})[rule.tensor] = None
            by_rule.setdefault(equation, {})[name(stated(rule))] = None
    cited: dict[str, dict[str, None]] = {}
    for function in functions():
        symbols = [e for e in sections if e.startswith("App. A: ") and e not in by_rule and _names(function, e)]
        for equation in (*citations(function), *symbols):
            cited.setdefault(equation, {})[name(function)] = None
    return tuple(
        Entry(
            equation, tuple(found), tuple(tensors.get(equation, ())),
            tuple(dict.fromkeys((*by_rule.get(equation, ()), *cited.get(equation, ())))),
        )
        for equation, found in sections.items()
    )  # fmt: skip


def every_rule() -> Iterator[Rule]:
    """The rules of the essay's network under every loss and optimizer, and what a step starts from."""
    for cost in LOSSES:
        for optimizer in (KERAS, ALGORITHM_1, SGD()):
            yield from (r for r in start(ESSAY, optimizer, True) if r.equation != CARRIED)
            yield from rules(ESSAY, cost, optimizer)


def stated(rule: Rule) -> Callable[..., Any]:
    """The function that states a rule, without the settings bound to it."""
    return stated_by(rule.compute)


def stated_by(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that a partial was made of, and of an activation the function that it applies."""
    if isinstance(function, partial):
        bound: Callable[..., Any] = function.func
        return stated_by(function.keywords["f"]) if bound is activation else bound
    return function


def functions() -> Iterator[Callable[..., Any]]:
    """The public functions of `reference`, by module."""
    for found in pkgutil.walk_packages(reference.__path__, "reference."):
        module = importlib.import_module(found.name)
        for _, function in inspect.getmembers(module, callable):
            function = inspect.unwrap(function)
            own = inspect.isfunction(function) and function.__module__ == module.__name__
            if own and function.__doc__ and not function.__name__.startswith("_"):
                yield function


def citations(function: Callable[..., Any]) -> tuple[str, ...]:
    """The equations at the end of a docstring's first line."""
    source = SOURCE.search((inspect.getdoc(function) or "").partition("\n")[0])
    return tuple(m[1] for m in NUMBER.finditer(source[1])) if source else ()


def _names(function: Callable[..., Any], equation: str) -> bool:
    """Whether a function of Appendix A states a part of its last line by its sign, as m̂."""
    sign = equation.removeprefix("App. A: ")
    return len(sign) > 1 and f"{sign} =" in (inspect.getdoc(function) or "").partition("\n")[0]


def cites_appendix(function: Callable[..., Any]) -> bool:
    source = SOURCE.search((inspect.getdoc(function) or "").partition("\n")[0])
    return bool(source and APPENDIX.search(source[1]))


def cites_elsewhere(function: Callable[..., Any]) -> bool:
    source = SOURCE.search((inspect.getdoc(function) or "").partition("\n")[0])
    return bool(source and ELSEWHERE.search(source[1]))


def name(function: Callable[..., Any]) -> str:
    """file:function, as a person would look for it."""
    return f"{function.__module__.replace('.', '/')}.py:{function.__name__}"


def table() -> Table:
    rows = tuple(
        tuple(map(Cell, (e.equation, ", ".join(e.sections), ", ".join(e.tensors), ", ".join(e.functions))))
        for e in index()
    )
    return Table("Every equation of the essay", ("equation", "section", "rule for", "stated by"), rows)
