"""One thread for TensorFlow in a training: only where it changes no bit, only where nobody asks for another number."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import threads as measured
from reference.network import ESSAY, chain
from verify.records.settings import Settings
from verify.runtime.stderr import hushed

with hushed():
    from verify.capture import threads
    from verify.capture import trainer as learning

ROOT = Path(__file__).parents[2]
PLAIN = Settings(command="training", batch=32)


@pytest.fixture
def begin(monkeypatch):
    """As before TensorFlow's first operation, on a processor for which it takes oneDNN; what has been set."""
    done = []
    monkeypatch.setattr(threads, "_onednn", lambda: True)
    monkeypatch.setattr(threads, "_set_one", lambda: not done.append("one"))
    for name in threads.SET:
        monkeypatch.delenv(name, raising=False)
    return done


def test_one_thread_where_no_bit_hangs_on_it(begin):
    assert threads.one_where_equal(PLAIN, ESSAY) and begin == ["one"]


@pytest.mark.parametrize(
    "change",
    [{"dtype": "float64"}, {"jit": True}, {"batch": 257}, {"optimizer": "sgd"}, {"loss": "mean_squared_error"}],
)
def test_not_where_bits_hang_on_it_or_are_not_known_to(change, begin):
    assert not threads.one_where_equal(replace(PLAIN, **change), ESSAY) and not begin


def test_not_for_other_networks_or_kernels_or_against_the_user(begin, monkeypatch):
    assert not threads.one_where_equal(PLAIN, chain((784, 30, 10), ("relu", "softmax")))
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "2")
    assert not threads.one_where_equal(PLAIN, ESSAY)
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS")
    monkeypatch.setattr(threads, "_onednn", lambda: False)
    assert not threads.one_where_equal(PLAIN, ESSAY) and not begin


def test_a_training_says_their_number_where_bits_hang_on_it(begin, monkeypatch):
    monkeypatch.setattr(learning, "environment", lambda: {"python": "3", "threads": "1"})
    with hushed():
        assert learning.Learner(replace(PLAIN, dtype="float64"), ESSAY).environment["threads"] == "1"
        assert learning.Learner(PLAIN, ESSAY).environment == {"python": "3"}


def test_not_once_tensorflow_has_begun(monkeypatch):
    def begun(_):
        raise RuntimeError("as TensorFlow says it")

    monkeypatch.setattr(threads, "_onednn", lambda: True)
    monkeypatch.setattr(threads.tf.config.threading, "set_intra_op_parallelism_threads", begun)
    for name in threads.SET:
        monkeypatch.delenv(name, raising=False)
    assert not threads.one_where_equal(PLAIN, ESSAY)


def test_a_difference_in_what_is_taken_to_be_equal_is_an_error(monkeypatch, capsys):
    def in_process(data, batches, threads):
        bits = {"float32, graph": [f"{threads}", "same"], "float64, graph": [f"{threads}", "same"]}
        return {"bits": bits, "taken": {"float32, graph": [taken, True], "float64, graph": [False, False]}}

    monkeypatch.setattr(measured, "_in_process", in_process)
    monkeypatch.setattr(sys, "argv", ["threads", "--threads", "1", "2", "--batches", "7", "32"])
    for taken in (False, True):
        assert measured.main() == taken
    assert "| float64, graph | 32 | 7 |\n" in capsys.readouterr().out


def test_the_bits_are_those_of_more_threads():
    """Two processes of TensorFlow, one thread and two, in the batches of the embedded training."""
    words = [sys.executable, "-m", "benchmarks.threads", "--threads", "1", "2", "--batches", "32"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    if threads._onednn():
        assert "| float32, graph | 32 | none |\n" in done.stdout
