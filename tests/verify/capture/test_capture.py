"""Real TensorFlow: what is captured passes, and the essay, saved traces and other releases get their verdicts."""

import json
from pathlib import Path

import numpy as np
import pytest

from verify import backprop, feedforward
from verify.cli.exit_status import guarded
from verify.compare.walk import compare
from verify.errors import Unverifiable
from verify.inputs import samples
from verify.printed import __main__ as printed
from verify.records import trace_file
from verify.records.settings import Settings
from verify.runtime.stderr import hushed

with hushed():
    from verify.capture import capture
    from verify.capture import mnist as keras_mnist
from verify.records.arrays import same_bits

MNIST = Path(__file__).parents[4] / "shared" / "mnist"
mnist = pytest.mark.skipif(not MNIST.is_dir(), reason=f"real MNIST is not at {MNIST}")
DIGITS = samples.load("digits", "train")

RUNS = {
    "the default": {},
    "batch 7, three steps": {"batch": 7, "steps": 3, "seed": 1},
    "batch 32, three steps": {"batch": 32, "steps": 3, "seed": 2},
    "XLA": {"batch": 7, "steps": 3, "jit": True, "seed": 3},
    "XLA, batch 1": {"jit": True, "seed": 4},
    "float64": {"batch": 7, "steps": 2, "dtype": "float64"},
    "float64, XLA": {"batch": 32, "steps": 2, "dtype": "float64", "jit": True},
    "gradient descent": {"optimizer": "sgd", "batch": 7, "steps": 2},
    "gradient descent, XLA": {"optimizer": "sgd", "batch": 7, "steps": 2, "jit": True},
    "squared error": {"loss": "mean_squared_error", "batch": 7, "steps": 2},
    "squared error, XLA": {"loss": "mean_squared_error", "batch": 7, "steps": 2, "jit": True},
    "forward": {"command": "feedforward", "batch": 7},
    "forward, XLA": {"command": "feedforward", "jit": True},
}


@pytest.mark.parametrize("name", RUNS)
def test_nothing_is_outside(name):
    settings = Settings(**RUNS[name])
    held = capture.capture(settings, DIGITS)
    found = compare(held, settings.command).comparisons
    failed = [c for c in found if c.failed]
    assert not failed, failed[:3]
    assert sum(c.elements for c in found) > 500


@mnist
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nothing_is_outside_on_mnist(dtype):
    held = capture.capture(Settings(dtype=dtype, batch=32, steps=3), samples.load(str(MNIST), "train"))
    assert not [c for c in compare(held, "backprop").comparisons if c.failed]


@mnist
def test_table_3_of_the_essays_digit(tmp_path):
    """MNIST training image 0: all three printed decimals, and half a unit of the sixth digit though chained.

    Not the sixth digit itself: where the next is a 5, the last bit of another processor turns it.
    """
    assert guarded(feedforward.main, ["--data", str(MNIST), "--index", "0", "--out", str(tmp_path)]) == 0
    rows = np.loadtxt(tmp_path / "table3.csv", delimiter=",", skiprows=1)
    by_hand, tensorflow = rows[:, 1], rows[:, 2]
    assert [f"{p:.3f}" for p in by_hand] == [f"{p:.3f}" for p in tensorflow]
    assert (np.abs(by_hand - tensorflow) < 0.5 * 10 ** (np.floor(np.log10(by_hand)) - 5)).all()
    assert abs(tensorflow.sum() - 1) < 1e-6


def test_same_bits_tells_zeros_and_nans_apart():
    a = np.array([0.0, np.nan])
    assert same_bits(a, a.copy())
    assert not same_bits(a, np.array([-0.0, np.nan]))
    assert not same_bits(a, a.astype(np.float32))


def test_a_saved_trace_gives_the_report_of_the_run_itself(tmp_path):
    path, a, b = tmp_path / "t.npz", tmp_path / "a", tmp_path / "b"
    words = ["--batch", "3", "--steps", "2", "--quiet"]
    assert guarded(backprop.main, [*words, "--out", str(a), "--save-trace", str(path)]) == 0
    assert guarded(backprop.main, ["--trace", str(path), "--quiet", "--out", str(b)]) == 0
    for file in a.iterdir():
        assert file.read_bytes() == (b / file.name).read_bytes(), file.name
    assert list(trace_file.load(str(path)).step(2)) == list(trace_file.load(str(path)).step(1))


def test_an_optimizer_of_another_rate_is_noticed(monkeypatch):
    """The whole way, from a real fault in TensorFlow to the tensor that is named."""
    real = capture.build

    def slower(settings, network):
        model = real(settings, network)
        model.optimizer.learning_rate = 0.001 * (1 - 1e-3)
        return model

    monkeypatch.setattr(capture, "build", slower)
    found = compare(capture.capture(Settings(), DIGITS), "backprop").comparisons
    failed = [c.tensor for c in found if not c.passed and c.mode == "local"]
    assert failed and all(name.startswith("update_") for name in failed)


def test_mnist_without_network_names_the_way_out(monkeypatch, tmp_path, capsys):
    def offline(*_, **__):
        raise OSError("URL fetch failure")

    monkeypatch.setattr(keras_mnist.keras.datasets.mnist, "load_data", offline)
    assert guarded(backprop.main, ["--data", "mnist", "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: --data mnist") and "--data PATH" in said


def test_mnist_through_keras(monkeypatch):
    images, labels = np.zeros((2, 28, 28), np.uint8), np.array([5, 7], np.uint8)
    monkeypatch.setattr(keras_mnist.keras.datasets.mnist, "load_data", lambda: ((images, labels), (images, labels)))
    assert samples.load("mnist", "test").labels.tolist() == [5, 7]


@pytest.mark.parametrize("chosen", [(), ("--dtype", "float64"), ("--jit",), ("--digit", "8", "--seed", "3")])
def test_the_essay_gets_the_verdicts_on_record(tmp_path, chosen):
    assert guarded(printed.main, [*chosen, "--out", str(tmp_path)]) == 0


@mnist
def test_the_essay_gets_the_verdicts_on_record_with_its_own_digit(tmp_path):
    assert guarded(printed.main, ["--data", str(MNIST), "--index", "0", "--out", str(tmp_path)]) == 0


def test_the_matrix_captures_from_given_weights(tmp_path, monkeypatch, capsys):
    """benchmarks/matrix_capture.py, which runs in environments of other releases."""
    from benchmarks import matrix, matrix_capture

    work, settings, saved = (str(tmp_path / name) for name in ("work.npz", "settings.json", "t.npz"))
    matrix._work(Path(work))
    Path(settings).write_text(json.dumps(Settings(batch=3).to_dict()))
    assert matrix_capture.main(work, settings, saved, "0") == 0
    held = trace_file.load(saved)
    assert all(c.passed for c in compare(held, "backprop").comparisons)
    with np.load(work) as given:
        assert all(np.array_equal(held.tensors[f"step1/{P}"], given[P]) for P in held.network.parameters())

    def other(*_):
        raise Unverifiable("a second run gives Z1 other bits")

    monkeypatch.setattr(capture, "capture", other)
    assert matrix_capture.main(work, settings, str(tmp_path / "none.npz"), "0") == 3
    assert capsys.readouterr().err == "error: could not verify: a second run gives Z1 other bits\n"
    assert not (tmp_path / "none.npz").exists()


def test_the_environment_says_where_and_with_which_flags(monkeypatch, tmp_path):
    from verify.capture import environment as where

    for name in where.FLAGS:
        monkeypatch.delenv(name, raising=False)
    plain = where.environment()
    assert {"python", "tensorflow", "keras", "numpy", "system", "machine", "cpu"} == set(plain) and "cores" in plain[
        "cpu"
    ]
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true --xla_dump_to=/home/me\x1b[31m --a=\x1b[31m")
    found = where.environment()
    assert found["TF_ENABLE_ONEDNN_OPTS"] == "0" and "home" not in found["XLA_FLAGS"]
    assert found["XLA_FLAGS"].startswith("--xla_cpu_enable_fast_math=true") and "\x1b" not in found["XLA_FLAGS"]
    for content, name in (("model name\t: Some CPU\nmodel name\t: Some CPU\n", "Some CPU"), ("nothing", None)):
        (tmp_path / "cpuinfo").write_text(content)
        monkeypatch.setattr(where, "CPU", tmp_path / "cpuinfo")
        assert name is None or where.environment()["cpu"].startswith(f"{name}, ")
    monkeypatch.setattr(where, "CPU", tmp_path / "none")
    assert where.environment()["cpu"].split(",")[0]
