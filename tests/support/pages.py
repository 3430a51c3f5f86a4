"""The pages that a reader sees, their blocks, and what their commands print."""

import contextlib
import io
import os
import re
import shlex
from pathlib import Path

from verify import __main__ as everything
from verify import backprop, feedforward
from verify.cli.exit_status import guarded
from verify.explain import __main__ as explain
from verify.faults import __main__ as faults
from verify.prediction import __main__ as prediction
from verify.printed import __main__ as printed
from verify.sweep import __main__ as sweep
from verify.trace import __main__ as trace
from verify.training import __main__ as training

ROOT = Path(__file__).parents[2]
PAGES = (  # in this order their commands are run, in one folder
    "README.md",
    *(
        f"verify/{room}/README.md"
        for room in ("compare", "faults", "training", "inputs", "printed", "explain", "capture", "trace", "sweep")
    ),
    "verify/README.md",
    "reference/README.md",
    "reports/README.md",
    "tests/README.md",
    "benchmarks/README.md",
    "CONTRIBUTING.md",
)
FRONT = (ROOT / "README.md").read_text()
README = "\n\n".join((ROOT / page).read_text() for page in PAGES)
MAINS = {
    "verify": everything,
    "verify.feedforward": feedforward,
    "verify.backprop": backprop,
    "verify.explain": explain,
    "verify.faults": faults,
    "verify.prediction": prediction,
    "verify.printed": printed,
    "verify.sweep": sweep,
    "verify.trace": trace,
    "verify.training": training,
}


def blocks(mark):
    """Return the fenced blocks that follow this comment."""
    return re.findall(rf"<!-- {re.escape(mark)} -->\n```\w*\n(.*?)```", README, re.DOTALL)


def commands(text):
    """Return the commands of a text; a quoted argument may go over several lines."""
    return [c for c in re.split(r"^(?=\.venv/bin/python|python3)", text, flags=re.MULTILINE) if c.strip()]


def outputs_of_commands(folder):
    """Run the commands of the pages in a folder; return (exit status, printed text) of each, by its words."""
    before, found = Path.cwd(), {}
    os.chdir(folder)
    try:
        for block in ["python -m verify.feedforward", *blocks("run this")]:
            for command in commands(
                block.replace("python -m", ".venv/bin/python -m", 1) if "venv" not in block else block
            ):
                words = shlex.split(command)[1:]
                shown = io.StringIO()
                with contextlib.redirect_stdout(shown):
                    if words[0] == "-c":
                        exec(words[1], {})  # the README's own lines
                        status = 0
                    else:
                        status = guarded(MAINS[words[1]].main, words[2:])
                found[" ".join(words)] = (status, shown.getvalue())
    finally:
        os.chdir(before)
    return found
