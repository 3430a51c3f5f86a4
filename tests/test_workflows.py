"""The workflow of the project and the one in the README: well formed, of one text, and their steps do what they say."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pages import README, ROOT, blocks

OWN = (ROOT / ".github" / "workflows" / "byhand.yml").read_text()
(YOURS,) = blocks("the workflow")
BOTH = {"own": OWN, "yours": YOURS}


def steps(text):
    """The items under `steps:`, each as its keys and values."""
    items = re.split(r"^      - ", text.split("    steps:\n")[1], flags=re.MULTILINE)[1:]
    return [
        dict(re.findall(r"^ *(uses|run|name|if|with|python-version): ?(.*)$", item, re.MULTILINE)) for item in items
    ]


@pytest.mark.parametrize("name", BOTH)
def test_it_is_well_formed(name):
    text = BOTH[name]
    assert "\t" not in text and not re.search(r" $", text, re.MULTILINE)
    assert all((len(line) - len(line.lstrip())) % 2 == 0 for line in text.splitlines())
    assert all(("uses" in step) != ("run" in step) for step in steps(text)) and len(steps(text)) >= 4
    assert re.search(r"^permissions:\n  contents: read$", text, re.MULTILINE)


@pytest.mark.parametrize("name", BOTH)
def test_yaml_reads_it_likewise(name):
    yaml = pytest.importorskip("yaml")  # not among the requirements: the test above needs none
    found = yaml.safe_load(BOTH[name])
    assert set(found) == {"name", True, "permissions", "jobs"}  # YAML 1.1 takes "on" for true
    assert found[True] == ["push", "pull_request"]
    (job,) = found["jobs"].values()
    assert [step.get("run", step.get("uses")) for step in job["steps"]] == [
        step.get("run", step.get("uses")) for step in steps(BOTH[name])
    ]
    assert job["steps"][-1]["if"] == "always()"


def test_the_two_are_of_one_text_where_they_do_the_same():
    own, yours = steps(OWN), steps(YOURS)
    assert (
        OWN.split("    steps:")[0].replace(OWN[OWN.index("    strategy:") : OWN.index("    steps:")], "")
        == (YOURS.split("    steps:")[0])
    )
    assert [s["uses"] for s in own[:2]] == [s["uses"] for s in yours[:2]]
    assert own[-1] == {k: v.replace("find reports", "find out") for k, v in yours[-1].items()}


def test_no_package_host_is_named():
    for text in (OWN, YOURS, README.split("## In your own tests")[1].split("\n## ")[0]):
        assert not re.search(r"https?:|index-url|pypi|conda|ghcr|docker", text, re.IGNORECASE)


def test_the_project_runs_what_is_there_on_every_python_it_is_for():
    assert os.access(ROOT / steps(OWN)[2]["run"], os.X_OK)
    pythons = re.search(r"python: \[(.*)\]", OWN)[1].replace('"', "").split(", ")
    project = (ROOT / "pyproject.toml").read_text()
    assert f'requires-python = ">={pythons[0]},<3.{int(pythons[-1].split(".")[1]) + 1}"' in project


@pytest.fixture
def shell(tmp_path):
    """A step's command as GitHub runs it, in an empty folder; what it wrote into the job summary."""
    summary = tmp_path / "summary.md"
    folder = Path(sys.executable).parent
    environment = {**os.environ, "GITHUB_STEP_SUMMARY": str(summary), "PATH": f"{folder}:{os.environ['PATH']}",
                   "PYTHONPATH": str(ROOT)}  # fmt: skip

    def run(line, status=0):
        done = subprocess.run(["bash", "-e", "-c", line], cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == status, done.stdout + done.stderr
        return summary.read_text() if summary.exists() else ""

    return run


@pytest.mark.parametrize("name", BOTH)
def test_reports_reach_the_summary(shell, tmp_path, name):
    line = steps(BOTH[name])[-1]["run"]
    assert shell(line) == ""  # no report at all: the step does not fail, another one has
    folder = tmp_path / {"own": "out", "yours": "reports"}[name]
    for test in ("b", "a c"):
        (folder / test).mkdir(parents=True)
        (folder / test / "report.md").write_text(f"# FAIL {test}\n")
    (folder / "a c" / "other.md").write_text("not this")
    assert shell(line) == "# FAIL a c\n# FAIL b\n"


def test_your_test_and_its_report(shell, tmp_path):
    """The README's test and steps, in a project of its own; only the answer of `verify.check` is made up."""
    from tests.verify.test_pytest_plugin import FAKE

    (test,) = blocks("a test of yours")
    (tmp_path / "test_mine.py").write_text(f"{FAKE}x = y = 0\n\n\ndef my_model():\n    return 'wrong'\n\n\n{test}")
    run, summary = (step["run"] for step in steps(YOURS)[-2:])
    shell(run + " -p no:cacheprovider", status=1)
    assert shell(summary).startswith("# FAIL step 1, dW2 by equation (22c)")
