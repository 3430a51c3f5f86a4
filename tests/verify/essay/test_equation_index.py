"""Docstrings, rules and the index agree about every equation."""

import inspect
import re
from pathlib import Path

import pytest

from verify.essay import equation_index as index

ROOT = Path(__file__).parents[3]
ESSAY = ROOT.parent / "shared" / "essay" / "essay.txt"
APPENDIX = re.compile(r"Appendix ([AD])|Kingma & Ba")
OTHER_SOURCE = re.compile(r"\b(19|20)\d\d\b|Keras|TensorFlow|\(alg\. 1\)")  # a paper, or the code that defines it
ENTRIES = {entry.equation: entry for entry in index.index()}
RULES = list({(rule.equation, rule.tensor, index.stated(rule)): rule for rule in index.every_rule()}.values())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.equation} {rule.tensor}")
def test_the_function_of_a_rule_cites_its_equation(rule):
    function = index.stated(rule)
    for equation in rule.equation.split(", "):
        if equation.startswith("App. A"):
            assert APPENDIX.search(index.source(function)), index.name(function)
        else:
            assert equation in index.citations(function), index.name(function)
        assert index.name(function) in ENTRIES[equation].functions
        assert rule.tensor in ENTRIES[equation].tensors


def test_every_citation_is_an_equation_of_the_essay():
    cited = {equation for function in index.functions() for equation in index.citations(function)}
    assert cited <= set(ENTRIES)


def test_every_public_function_of_the_equations_cites_one():
    plumbing = {
        "reference/rules.py",
        "reference/network.py",
        "reference/places.py",
        "reference/notation.py",
        "reference/tensor_names.py",
        "reference/operations.py",
        "reference/branches.py",
        "reference/ends.py",
        "reference/selection.py",
        "reference/sliding.py",
        "reference/layers.py",
        "reference/losses.py",
        "reference/optimizers.py",
        "reference/registry.py",
        "reference/row_numbers.py",
    }
    # these look an equation up, or check a field
    named = ("activation_named", "loss_named", "regularizer_named", "constraint_named", "check_")
    for function in index.functions():
        if index.name(function).partition(":")[0] not in plumbing and not function.__name__.startswith(named):
            source, whole = index.source(function), inspect.getdoc(function) or ""
            cites = index.citations(function) or APPENDIX.search(source) or OTHER_SOURCE.search(whole)
            assert cites, index.name(function)


def test_every_equation_is_stated_by_a_function():
    unstated = {e.equation for e in ENTRIES.values() if not e.functions}
    assert unstated == {"App. A: t", "App. A: g"}  # a counter, and the gradient that everything else is about


@pytest.mark.skipif(not ESSAY.exists(), reason=f"the essay is not at {ESSAY}")
def test_every_numbered_equation_of_the_essay_is_there():
    text = ESSAY.read_text()
    numbered = set(re.findall(r"\\dots \((\d+[a-f]?)\)", text))
    assert len(numbered) == 32
    assert numbered == {number for number in ENTRIES if number[0].isdigit()}


def test_a_wrong_citation_is_found():
    def stray(x):
        """Nothing of the essay.  x -> x.  (99)"""

    assert index.citations(stray) == ("99",)
    assert "99" not in ENTRIES
