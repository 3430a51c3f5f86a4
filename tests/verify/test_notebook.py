"""The notebook: every cell runs, in order, in a fresh kernel; none of its outputs is committed."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "verify" / "by_hand.ipynb"


def read():
    return nbformat.read(NOTEBOOK, as_version=4)


def outputs(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)]


def run(notebook):
    """Executed as a person would, from the folder that holds the packages, by this very Python."""
    os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")
    NotebookClient(notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    return notebook


def test_no_outputs_are_committed():
    notebook = read()
    assert not outputs(notebook)
    assert "widgets" not in notebook.metadata
    nbformat.validate(notebook)
    notebook.cells[1].execution_count = 1
    assert outputs(notebook)  # the probe can fail


def test_it_teaches_the_essay_in_order():
    titles = [line for cell in read().cells for line in cell.source.splitlines() if line.startswith("## ")]
    assert [t.split(". ")[1] for t in titles if ". " in t] == [
        "Forward", "The loss", "One gradient by hand", "The whole step", "Prediction"
    ]  # fmt: skip


def test_all_cells_run():
    done = run(read())
    code = [cell for cell in done.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    printed = "".join(o.get("text", "") for cell in code for o in cell.outputs)
    assert "55 tensors, 766,502 numbers" in printed and "digits are read rightly" in printed
    shown = [o.data["text/markdown"] for cell in code for o in cell.outputs if "text/markdown" in o.get("data", {})]
    assert len(shown) == 1 and shown[0].startswith("# PASS dW3")


def test_a_cell_that_fails_is_noticed():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("assert 1 > 2")])
    with pytest.raises(CellExecutionError):
        run(notebook)
