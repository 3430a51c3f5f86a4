"""A pytest plugin: the fixture `by_hand`, which verifies a Keras model and fails the test if a tensor disagrees.

    def test_my_model(by_hand):
        by_hand(model, x, y, steps=3)

`--by-hand-reports DIR` writes the report of every check that fails; with `--by-hand-all` of every check. JUnit
files contain the headline of every test as its property `by_hand`, and of a failing test as its failure too.

pytest loads this module in every run where By Hand is installed, so it imports nothing until a test asks for the
fixture.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from verify.check_model import Checked

LONGEST = 120  # characters of a folder's name


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --by-hand-reports and --by-hand-all."""
    group = parser.getgroup("by hand", "verification of Keras models by hand")
    group.addoption("--by-hand-reports", metavar="DIR", help="write the report of a check that fails into DIR")
    group.addoption("--by-hand-all", action="store_true", help="write the reports of checks that pass too")


def pytest_configure(config: pytest.Config) -> None:
    """Raise UsageError, before any test runs, for options that cannot be carried out."""
    folder = config.getoption("--by-hand-reports")
    if config.getoption("--by-hand-all") and not folder:
        raise pytest.UsageError("--by-hand-all: name the folder too, with --by-hand-reports DIR")
    if folder:
        from verify.errors import Unusable
        from verify.results.files import check_writable

        try:
            check_writable(config.invocation_params.dir / folder, "--by-hand-reports")
        except Unusable as error:
            raise pytest.UsageError(str(error)) from error


@pytest.fixture
def by_hand(request: pytest.FixtureRequest) -> Callable[..., Checked]:
    """Return a function that takes what `verify.check` takes, and fails the test if the check does not pass."""
    folder = request.config.getoption("--by-hand-reports")
    everything = request.config.getoption("--by-hand-all")
    written = itertools.count()

    def check(*arguments: Any, **options: Any) -> Checked:
        __tracebackhide__ = True
        from verify.check_model import check
        from verify.errors import Unusable, Unverifiable

        where, problem = "", ""
        try:
            checked = check(*arguments, **options)
            if folder and (everything or not checked.passed):
                name = _folder(request.node.nodeid, next(written))
                report = request.config.invocation_params.dir / folder / name
                checked.write(report)
                where = f"\nReport: {report / 'report.html'}"
        except Unverifiable as error:
            problem = f"could not verify: {error}"
        except Unusable as error:
            problem = str(error)
        if problem:  # not inside `except`, so that pytest shows it once
            pytest.fail(problem, pytrace=False)
        request.node.user_properties.append(("by_hand", checked.headline))
        if not checked.passed:
            pytest.fail(checked.headline + where, pytrace=False)
        return checked

    return check


def _folder(test: str, number: int) -> str:
    """Return a folder name that every file system accepts; from the second check of a test on, it ends in a number."""
    name = re.sub(r"[^\w.=-]+", "-", test, flags=re.ASCII).strip("-.")
    if len(name) > LONGEST or not re.fullmatch(r"[\w./:=\[\]-]+", test, flags=re.ASCII):
        name = f"{name[: LONGEST - 9]}-{hashlib.sha256(test.encode(errors='replace')).hexdigest()[:8]}".strip("-")
    return f"{name}-{number + 1}" if number else name
