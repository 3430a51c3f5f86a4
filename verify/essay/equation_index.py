"""The index of equations: number, sections of the essay, the tensors computed by it, the functions that state it.

The index is collected. Numbers and sections come from the claims and tensors from the rules. Functions come from the
docstrings of `reference`: each ends its first line with the numbers of its equations.
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
ELSEWHERE = re.compile(r"\b(19|20)\d\d\b|Keras: ")  # a source other than the essay: a paper, or Keras


@dataclass(frozen=True)
class IndexEntry:
    """One equation: its sections in the essay, the tensors computed by it, and the functions that state it."""

    equation: str
    sections: tuple[str, ...]
    tensors: tuple[str, ...]
    functions: tuple[str, ...]


def index() -> tuple[IndexEntry, ...]:
    """Return an entry for every equation, in the order of the essay."""
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
        IndexEntry(
            equation,
            tuple(places),
            tuple(tensors.get(equation, ())),
            tuple(by_rule.get(equation, {}) | cited.get(equation, {})),
        )
        for equation, places in sections.items()
    )


def every_rule() -> Iterator[Rule]:
    """Yield the rules of the essay's network for every loss and optimizer, and the rules of its initial values."""
    for cost in LOSSES:
        for optimizer in (KERAS, ALGORITHM_1, SGD()):
            yield from (r for r in start(ESSAY, optimizer, True) if r.equation != CARRIED)
            yield from rules(ESSAY, cost, optimizer)


def stated(rule: Rule) -> Callable[..., Any]:
    """Return the function that states a rule, without the arguments bound to it."""
    return stated_by(rule.compute)


def stated_by(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function behind a partial.  For an activation, return the function that it applies."""
    if isinstance(function, partial):
        bound: Callable[..., Any] = function.func
        return stated_by(function.keywords["f"]) if bound is activation else bound
    return function


def functions() -> Iterator[Callable[..., Any]]:
    """Yield the public functions of `reference`, module by module."""
    for module_info in pkgutil.walk_packages(reference.__path__, "reference."):
        module = importlib.import_module(module_info.name)
        for _, function in inspect.getmembers(module, callable):
            function = inspect.unwrap(function)
            own = inspect.isfunction(function) and function.__module__ == module.__name__
            if own and function.__doc__ and not function.__name__.startswith("_"):
                yield function


def citations(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the equation numbers at the end of a docstring's first line."""
    return tuple(m[1] for m in NUMBER.finditer(_source(function)))


def _names(function: Callable[..., Any], equation: str) -> bool:
    """Return whether the docstring of a function defines a symbol of Appendix A, such as m̂."""
    symbol = equation.removeprefix("App. A: ")
    return len(symbol) > 1 and f"{symbol} =" in _first_line(function)


def cites_appendix(function: Callable[..., Any]) -> bool:
    """Return whether a docstring's first line ends with Appendix A or D, or the paper on Adam."""
    return bool(APPENDIX.search(_source(function)))


def cites_elsewhere(function: Callable[..., Any]) -> bool:
    """Return whether a docstring's first line ends with a source other than the essay."""
    return bool(ELSEWHERE.search(_source(function)))


def _first_line(function: Callable[..., Any]) -> str:
    """Return the first line of a function's docstring."""
    return (inspect.getdoc(function) or "").partition("\n")[0]


def _source(function: Callable[..., Any]) -> str:
    """Return the equations or other sources at the end of a docstring's first line, or "" if there are none."""
    source = SOURCE.search(_first_line(function))
    return source[1] if source else ""


def name(function: Callable[..., Any]) -> str:
    """Return the file and the name of a function: file:function."""
    return f"{function.__module__.replace('.', '/')}.py:{function.__name__}"


def table() -> Table:
    """Return the index of equations as a table."""
    rows = tuple(
        tuple(map(Cell, (e.equation, ", ".join(e.sections), ", ".join(e.tensors), ", ".join(e.functions))))
        for e in index()
    )
    return Table("Every equation of the essay", ("equation", "section", "rule for", "stated by"), rows)
