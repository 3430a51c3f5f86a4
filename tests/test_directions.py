"""The direction of the imports, read and run; and the probe itself must be able to fail."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {"reference": {"numpy", "reference"}, "reports": {"rich", "jinja2", "matplotlib", "PIL", "reports"}}
FRAMEWORK = {"tensorflow", "keras"}


def imported(source):
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def strays(package, source):
    """Return what a file of this package imports and should not."""
    return imported(source) - ALLOWED[package] - set(sys.stdlib_module_names)


@pytest.mark.parametrize("package", ALLOWED)
def test_a_package_imports_only_what_it_may(package):
    paths = list((ROOT / package).rglob("*.py"))
    assert paths
    for path in paths:
        assert not strays(package, path.read_text()), path


def test_only_capture_imports_the_framework():
    for path in (ROOT / "verify").rglob("*.py"):
        assert "capture" in path.relative_to(ROOT).parts or not imported(path.read_text()) & FRAMEWORK, path


def test_capture_holds_nothing_that_could_stand_elsewhere():
    """Its modules import the framework, or another of it, or list such modules."""
    for path in (ROOT / "verify" / "capture").rglob("*.py"):
        text = path.read_text()
        assert (
            imported(text) & FRAMEWORK or "from verify.capture" in text or "modules_of" in text or "KERAS_" in text
        ), path


def test_the_probe_can_fail():
    assert strays("reference", "def f():\n    import tensorflow.nn") == {"tensorflow"}
    assert strays("reports", "from verify.compare.walk import compare") == {"verify"}


def loaded(module):
    script = f"import sys, {module}; print(*sorted({{n.split('.')[0] for n in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_fresh_interpreter_agrees():
    reference = loaded("reference.rules")
    assert not reference & {"tensorflow", "keras", "pandas", "rich", "verify", "reports"}
    assert not loaded("reports.as_html, reports.terminal, reports.files") & {
        "tensorflow",
        "keras",
        "verify",
        "reference",
    }
    assert not loaded("verify") & {"tensorflow", "keras"}
    commands = loaded("verify.feedforward, verify.backprop, verify.__main__")
    assert not commands & {"tensorflow", "keras"}
    assert "verify" in commands  # the probe sees what is there
