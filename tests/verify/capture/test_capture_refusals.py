"""Captures that change a training, do not repeat or fail: each is refused, with exit status 3 and no files."""

import numpy as np
import pytest

from verify import backprop
from verify.cli.exit_status import guarded
from verify.errors import Unusable, Unverifiable
from verify.inputs import samples
from verify.records.settings import Settings
from verify.runtime.stderr import hushed

with hushed():
    from verify.capture import capture
DIGITS = samples.load("digits", "train")


def test_a_capture_that_changes_a_weight_is_refused(monkeypatch):
    real = capture.training

    def disturbing(model, understood):
        step = real(model, understood)

        def wrapped(X, y, s):
            found = step(X, y, s)
            found["W2_new"] = found["W2_new"] * np.float32(1 + 2**-23)
            return found

        return wrapped

    monkeypatch.setattr(capture, "training", disturbing)
    with pytest.raises(Unverifiable, match="own step gives W2_new other bits"):
        capture.capture(Settings(), DIGITS)


def test_a_capture_that_leaves_the_optimizer_elsewhere_is_refused(monkeypatch):
    real = capture.training

    def disturbing(model, understood):
        step = real(model, understood)

        def wrapped(X, y, s):
            found = step(X, y, s)
            model.optimizer.iterations.assign_add(1)
            return found

        return wrapped

    monkeypatch.setattr(capture, "training", disturbing)
    with pytest.raises(Unverifiable, match="iteration"):
        capture.capture(Settings(), DIGITS)


def test_a_capture_that_does_not_repeat_is_refused(monkeypatch):
    real, calls = capture.training, []

    def unsteady(model, understood):
        step = real(model, understood)

        def wrapped(X, y, s):
            calls.append(1)
            found = step(X, y, s)
            found["dA1"] = found["dA1"] + len(calls)
            return found

        return wrapped

    monkeypatch.setattr(capture, "training", unsteady)
    with pytest.raises(Unverifiable, match="second run gives dA1"):
        capture.capture(Settings(), DIGITS)


@pytest.mark.parametrize("error", [ImportError("no module foo"), Unusable("what the project built is refused")])
def test_an_error_inside_the_capture_is_not_taken_for_a_missing_tensorflow(error, monkeypatch, tmp_path, capsys):
    def fail(*_):
        raise error

    monkeypatch.setattr(capture, "capture", fail)
    assert guarded(backprop.main, ["--out", str(tmp_path)]) == 3
    assert f"TensorFlow failed in the capture: {type(error).__name__} {error}" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_status_3_and_no_files_where_nothing_can_be_verified(monkeypatch, tmp_path, capsys):
    def refuse(*_):
        raise Unverifiable("the capture is not reproducible: a second run gives Z1 other bits")

    monkeypatch.setattr(capture, "capture", refuse)
    assert guarded(backprop.main, ["--out", str(tmp_path)]) == 3
    assert "Z1" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_forward_capture_is_checked_against_predict(monkeypatch):
    real = capture.forward

    def disturbing(model, understood):
        step = real(model, understood)
        return lambda X, y, s: step([x * np.float32(0.5) for x in X], y, s)

    monkeypatch.setattr(capture, "forward", disturbing)
    with pytest.raises(Unverifiable, match="A3"):
        capture.capture(Settings(command="feedforward"), DIGITS)
