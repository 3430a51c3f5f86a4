"""Faults in a running TensorFlow: none may pass, through `check` or through `ByHand`."""

import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import verify
from tests.verify.capture.live_faults import FAULTS, model
from verify.errors import Unusable, Unverifiable

RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(8, 16)).astype("float32"), np.eye(4, dtype="float32")[RNG.integers(4, size=8)]


def built(name, monkeypatch):
    how, fault, _ = FAULTS[name]
    options = {key: value() if callable(value) else value for key, value in how.items()}
    net = model(**options)
    if fault is not None:
        fault(net, monkeypatch)
    return net


def check_expected(name, tensor, text):
    """Check what came of a fault: the first wrong tensor of a FAIL, or the text of the refusal."""
    tensors, words = FAULTS[name][2].split(" | ")
    if tensor:
        assert text.startswith("FAIL"), text
        assert any(tensor.startswith(start) for start in tensors.split()), (tensors, tensor, text)
    else:
        assert re.search(words, text), (words, text)


def test_without_a_fault_they_pass():
    for how in ({}, {"dropout": 0.5}):
        assert verify.check(model(**how), X, Y, steps=2).passed


def rows():
    """Return the rows of the table in tests/verify/README.md: each fault, and what comes of it."""
    for name, (_, _, expected) in FAULTS.items():
        tensors, words = expected.split(" | ")
        failure = f"FAIL, first at {' or '.join(tensors.split())}" if tensors else ""
        refusal = "refused: " + " or ".join(f"“{word}”" for word in words.split("|"))
        yield f"| {name} | {', or '.join(part for part in (failure, refusal) if part)} |"


def test_the_table_in_the_readme():
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    assert "\n".join(rows()) in readme and f"{len(FAULTS)} faults" in readme
    assert len(FAULTS) >= 60


@pytest.mark.parametrize("name", FAULTS)
def test_check_notices(name, monkeypatch):
    net = built(name, monkeypatch)
    try:
        result = verify.check(net, X, Y, steps=2)
    except (Unusable, Unverifiable) as error:
        check_expected(name, "", str(error))
        return
    assert not result.passed
    first = next(c for c in result.result.local if not c.passed)
    check_expected(name, first.tensor, result.headline)


@pytest.mark.parametrize("name", FAULTS)
def test_the_callback_notices(name, monkeypatch):
    net, watch = built(name, monkeypatch), verify.ByHand()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net.fit(np.tile(X, (2, 1)), np.tile(Y, (2, 1)), batch_size=8, verbose=0, shuffle=False, callbacks=[watch])
    except (Unusable, Unverifiable) as error:
        check_expected(name, "", str(error))
        return
    assert not watch.passed
    named = watch.first is not None and not watch.problem  # a step that is not the captured one is refused
    check_expected(name, watch.first.tensor if named else "", watch.headline)
