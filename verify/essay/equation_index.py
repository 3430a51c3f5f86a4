"""The index of equations: number, sections of the essay, the tensors computed by it, the functions that state it.

Numbers and sections come from the claims, tensors from the rules. Functions come from the docstrings of `reference`:
each ends its first line with the numbers of its equations.
"""

import importlib
import inspect
import pkgutil
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import reference
from reference.feedforward import activation
from reference.losses import kinds
from reference.network import ESSAY
from reference.optimizers.adam import ALGORITHM_1, KERAS
from reference.optimizers.sgd import SGD
from reference.rules import CARRIED, LOSSES, Rule, rules, start
from reports.table import Cell, Table
from verify.essay.claims import claims

NUMBER = re.compile(r"\((\d+[a-f]?)\)")
YEAR = re.compile(r"\b(19|20)\d\d\b")
SOURCE = re.compile(r"\.  (?!.*\.  )(.+)$")


@dataclass(frozen=True)
class IndexEntry:
    """One equation: its sections in the essay, the tensors computed by it, and the functions that state it."""

    equation: str
    sections: tuple[str, ...]
    tensors: tuple[str, ...]
    functions: tuple[str, ...]


def index() -> tuple[IndexEntry, ...]:
    """Return an entry for every equation, in the order of the essay."""
    numbered_rules = [(equation, rule) for rule in every_rule() for equation in rule.equation.split(", ")]
    sections = _by_equation((claim.equation, claim.section) for claim in claims())
    tensors = _by_equation((equation, rule.tensor) for equation, rule in numbered_rules)
    stating = _by_equation((equation, name(stated(rule))) for equation, rule in numbered_rules)
    symbols = [equation for equation in sections if equation.startswith("App. A: ") and equation not in stating]
    citing = _by_equation(
        (equation, name(function))
        for function in functions()
        for equation in (*citations(function), *(symbol for symbol in symbols if _defines(function, symbol)))
    )
    return tuple(
        IndexEntry(e, tuple(sections[e]), tuple(tensors.get(e, ())), tuple(stating.get(e, {}) | citing.get(e, {})))
        for e in sections
    )


def _by_equation(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[str, None]]:
    """Return the texts of each equation, each once and in order, as the keys of a dictionary."""
    texts: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for equation, text in pairs:
        texts[equation][text] = None
    return dict(texts)


def every_rule() -> Iterator[Rule]:
    """Yield the rules of the essay's network for every loss and optimizer, and the rules of its initial values."""
    for cost in LOSSES:
        for optimizer in (KERAS, ALGORITHM_1, SGD()):
            yield from (r for r in start(ESSAY, optimizer, True) if r.equation != CARRIED)
            yield from rules(ESSAY, cost, optimizer)


def stated(rule: Rule) -> Callable[..., Any]:
    """Return the function that states a rule, without the arguments bound to it.

    For an activation, it is the function that is applied. For a loss, it is that of one example, or of one output.
    """
    function = rule.compute
    while isinstance(function, partial):
        of_loss = ("cost", "slope") if rule.kind in kinds() else ()
        words = [
            word for word in (*of_loss, *(("f",) if function.func is activation else ())) if word in function.keywords
        ]
        function = function.keywords[words[0]] if words else function.func
    return function


def functions() -> Iterator[Callable[..., Any]]:
    """Yield the public functions of `reference`, module by module."""
    for module_info in pkgutil.walk_packages(reference.__path__, "reference."):
        module = importlib.import_module(module_info.name)
        for _, member in inspect.getmembers(module, callable):
            function = inspect.unwrap(member)
            is_own = inspect.isfunction(function) and function.__module__ == module.__name__
            if is_own and function.__doc__ and not function.__name__.startswith("_"):
                yield function


def citations(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the essay's equation numbers at the end of a docstring's first line.

    Numbers behind the year of a paper, up to a semicolon, are equations of that paper.
    """
    own = [part for part in source(function).split(";") if not YEAR.search(part)]
    return tuple(number for part in own for number in NUMBER.findall(part))


def _defines(function: Callable[..., Any], equation: str) -> bool:
    """Return whether the docstring of a function defines a symbol of Appendix A, such as m̂."""
    symbol = equation.removeprefix("App. A: ")
    return len(symbol) > 1 and f"{symbol} =" in _first_line(function)


def _first_line(function: Callable[..., Any]) -> str:
    """Return the first line of a function's docstring."""
    return (inspect.getdoc(function) or "").partition("\n")[0]


def source(function: Callable[..., Any]) -> str:
    """Return the equations or other sources at the end of a docstring's first line, or "" if there are none."""
    match = SOURCE.search(_first_line(function))
    return match[1] if match else ""


def name(function: Callable[..., Any]) -> str:
    """Return the file and the name of a function: file:function."""
    return f"{function.__module__.replace('.', '/')}.py:{function.__name__}"


def table() -> Table:
    """Return the index of equations as a table."""
    rows = ((e.equation, ", ".join(e.sections), ", ".join(e.tensors), ", ".join(e.functions)) for e in index())
    cells = tuple(tuple(map(Cell, row)) for row in rows)
    return Table("Every equation of the essay", ("equation", "section", "rule for", "stated by"), cells)
