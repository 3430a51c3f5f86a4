"""The pytest plugin, on tests of its own; what `verify.check` would say is made up, from simulated traces."""

import importlib
import json
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

# pytest in pytest must not be the first to import NumPy: it forgets what it imported
import tests.support.simulate  # noqa: F401
import verify.check_model  # noqa: F401
from verify import pytest_plugin

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]
FAKE = """
import pytest
import verify.check_model
from tests.support.simulate import simulate
from verify.results.judging import judge
from verify.errors import Unsupported, Unverifiable
from verify.check_model import Checked


def wrong(step, name, array):
    return array + 0.25 if name == "dW2" else array


@pytest.fixture(autouse=True)
def made_up(monkeypatch):
    def check(what, *given, **words):
        if isinstance(what, Exception):
            raise what
        held = simulate(steps=words.get("steps", 1), change=None if what == "right" else wrong)
        return Checked(judge("backprop", held, None), held)

    monkeypatch.setattr(verify.check_model, "check", check)

"""
DIVERGES = "FAIL step 1, dW2 by equation (22c) at "


@pytest.fixture
def started(pytester, monkeypatch):
    """Run pytest on these tests, with this plugin only, whether or not it is installed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def start(tests, *words):
        pytester.makepyfile(FAKE + tests)
        return pytester.runpytest_inprocess("-p", "verify.pytest_plugin", *words)

    return start


BOTH = """
def test_right(by_hand):
    assert by_hand("right", steps=2).result.settings.steps == 2

def test_wrong(by_hand):
    by_hand("wrong")
    raise RuntimeError("not reached")
"""


def test_a_model_that_passes_and_one_that_does_not(started, pytester):
    found = started(BOTH)
    found.assert_outcomes(passed=1, failed=1)
    found.stdout.fnmatch_lines([f"*{DIVERGES}*"])
    assert "not reached" not in found.stdout.str() and "Report:" not in found.stdout.str()
    assert not [path for path in pytester.path.iterdir() if path.is_dir() and path.name != "__pycache__" and
                not path.name.startswith(".")]  # fmt: skip


def test_the_report_of_a_failing_check_is_written(started, pytester):
    found = started(BOTH, "--by-hand-reports", "reports/ci")
    found.assert_outcomes(passed=1, failed=1)
    (folder,) = (pytester.path / "reports" / "ci").iterdir()
    assert folder.name.endswith("py-test_wrong") and f"Report: {folder / 'report.html'}" in found.stdout.str()
    assert json.loads((folder / "result.json").read_text())["headline"].startswith(DIVERGES)
    assert (folder / "report.md").read_text().startswith("# FAIL step 1, dW2") and (folder / "comparisons.csv").exists()


def test_all_reports_are_written_if_asked_for_also_from_another_folder(started, pytester):
    tests = BOTH + "\ndef test_moved(by_hand, monkeypatch, tmp_path):\n    monkeypatch.chdir(tmp_path)\n"
    tests += "    by_hand('right')\n    by_hand('right')\n"
    started(tests, "--by-hand-reports", "r", "--by-hand-all").assert_outcomes(passed=2, failed=1)
    names = sorted(path.name.partition("py-")[2] for path in (pytester.path / "r").iterdir())
    assert names == ["test_moved", "test_moved-2", "test_right", "test_wrong"]


def test_junit_holds_the_headlines(started, pytester):
    started(BOTH, "--junit-xml", "junit.xml")
    cases = {case.get("name"): case for case in ET.parse(pytester.path / "junit.xml").iter("testcase")}
    assert DIVERGES in cases["test_wrong"].find("failure").get("message")
    said = {name: case.find("properties/property") for name, case in cases.items()}
    assert said["test_right"].get("name") == "by_hand" and said["test_right"].get("value").startswith("PASS TensorFlow")
    assert said["test_wrong"].get("value").startswith(DIVERGES) and cases["test_right"].find("failure") is None


def test_what_could_not_be_verified_is_a_failure_that_says_so(started):
    tests = """
def test_unsupported(by_hand):
    by_hand(Unsupported([("layer Conv2D", "not known")]))

def test_not_repeated(by_hand):
    by_hand(Unverifiable("a second run gives Z1 other bits"))

def test_any_other_error_is_itself(by_hand):
    by_hand(KeyError("mine"))
"""
    found = started(tests)
    found.assert_outcomes(failed=3)
    first, second = "UNSUPPORTED layer Conv2D: not known", "a second run gives Z1 other bits"
    lines = [f"{first}", f"could not verify: {second}", "*KeyError: 'mine'*"]
    found.stdout.fnmatch_lines(lines)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--by-hand-all",), "--by-hand-reports DIR"),
        (("--by-hand-reports", "taken/x"), "--by-hand-reports*is not a folder"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_test_runs(started, pytester, words, said):
    (pytester.path / "taken").write_text("a file")
    found = started(BOTH, *words)
    assert found.ret == pytest.ExitCode.USAGE_ERROR
    found.stderr.fnmatch_lines([f"*{said}*"])
    assert "passed" not in found.stdout.str()


def test_a_folder_that_cannot_be_written_fails_the_test_in_one_sentence(started, pytester):
    tests = BOTH.replace('by_hand("wrong")', 'open("late", "w").close(); by_hand("wrong")')
    found = started(tests, "--by-hand-reports", "late")
    found.assert_outcomes(passed=1, failed=1)
    found.stdout.fnmatch_lines(["*late*cannot be written*"])


def test_every_test_has_a_folder_of_its_own():
    tests = ["t.py::a", "t.py::a[x y]", "t.py::a[x-y]", "t.py::a[x?y]", "t.py::a[é]", "t.py::a[../../etc]", "é"]
    tests += [f"t.py::a[{'x' * 200}{tail}]" for tail in "pq"] + [f"t.py::a[{head}{'x' * 200}]" for head in "pq"]
    names = [pytest_plugin._folder(test, 0) for test in tests]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 120 and name.isascii() and "/" not in name and name[0] not in ".-" for name in names)
    assert pytest_plugin._folder("t.py::a", 1) == "t.py-a-2"


def test_it_is_installed_as_an_entry_point():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (module,) = project["entry-points"]["pytest11"].values()
    assert importlib.import_module(module) is pytest_plugin


def test_loading_it_loads_nothing_else():
    """It is loaded in every run of pytest where By Hand is installed."""
    script = "import pytest, sys; before = set(sys.modules); import verify.pytest_plugin; " \
             "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"verify", "hashlib", "_hashlib", "_blake2"}


def test_without_the_fixture_nothing_changes(pytester, monkeypatch):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile("def test_none():\n    assert True\n")
    script = """
import pytest, sys
sys.path.insert(0, sys.argv[1])
status = pytest.main(["-q", "-p", "verify.pytest_plugin"])
print("numpy" in sys.modules, "verify.run" in sys.modules)
sys.exit(status)
"""
    done = pytester.run(sys.executable, "-c", script, str(ROOT))
    assert done.ret == 0 and done.outlines[-1] == "False False"
