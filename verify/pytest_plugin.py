"""A pytest plugin: the fixture `by_hand`, which verifies a Keras model and fails the test where it diverges.

    def test_my_model(by_hand):
        by_hand(model, x, y, steps=3)

`--by-hand-reports DIR` writes the report of every check that fails; with `--by-hand-all` of every check.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from verify.interface import Checked


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("by hand", "verification of Keras models by hand")
    group.addoption("--by-hand-reports", metavar="DIR", help="write the report of a check that fails into DIR")
    group.addoption("--by-hand-all", action="store_true", help="and of checks that pass")


@pytest.fixture
def by_hand(request: pytest.FixtureRequest) -> Callable[..., Checked]:
    """Call it with what `verify.check` takes; hands back what that does, if it passed."""
    folder, everything = (request.config.getoption(name) for name in ("--by-hand-reports", "--by-hand-all"))
    if everything and not folder:
        raise pytest.UsageError("--by-hand-all: name the folder too, with --by-hand-reports DIR")
    done: list[Path] = []

    def check(*given: Any, **words: Any) -> Checked:
        __tracebackhide__ = True
        from verify.interface import check

        checked = check(*given, **words)
        where = ""
        if folder and (everything or not checked.passed):
            place = Path(folder) / _folder(request.node.nodeid, len(done))
            checked.write(place)
            done.append(place)
            where = f"\nReport: {place / 'report.html'}"
        if not checked.passed:
            pytest.fail(checked.headline + where, pytrace=False)
        return checked

    return check


def _folder(test: str, number: int) -> str:
    """A name that every file system takes; a second check of one test has a number."""
    name = re.sub(r"[^\w.=-]+", "-", test, flags=re.ASCII).strip("-.")[-120:]
    return f"{name}-{number + 1}" if number else name
