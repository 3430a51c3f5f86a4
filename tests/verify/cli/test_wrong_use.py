"""Requests that cannot be carried out: each ends with one sentence and exit status 2, and writes no file."""

import errno
import os
import subprocess

import pytest

from reports import files
from tests.support.simulate import simulate
from tests.verify.cli.test_commands import ROOT, call, in_a_new_process
from verify import __main__ as everything
from verify import backprop, feedforward
from verify.records import trace_file

WRONG = {
    "only rtol": (["--rtol", "1e-3"], "--atol"),
    "only atol": (["--atol", "1e-3"], "--rtol"),
    "negative": (["--rtol", "-1", "--atol", "0"], "--rtol"),
    "not a number": (["--atol", "x", "--rtol", "1"], "--atol"),
    "nan": (["--atol", "nan", "--rtol", "1"], "--atol"),
    "unknown option": (["--speed", "3"], "--speed"),
    "abbreviated option": (["--see", "3"], "--see"),
    "unknown digit": (["--digit", "11"], "--digit"),
    "index out of range": (["--index", "1500"], "--index 1500"),
    "negative index": (["--index", "-1"], "--index"),
    "digit and index": (["--index", "1", "--digit", "3"], "--digit"),
    "no batch": (["--batch", "0"], "--batch"),
    "batch beyond the data": (["--batch", "2000"], "--batch 2000"),
    "no step": (["--steps", "0"], "--steps"),
    "unknown dtype": (["--dtype", "float16"], "--dtype"),
    "unknown optimizer": (["--optimizer", "adagrad"], "--optimizer"),
    "unknown loss": (["--loss", "hinge"], "--loss"),
    "no data": (["--data", "/nowhere/at/all"], "/nowhere/at/all"),
    "no trace": (["--trace", "/nowhere.npz"], "/nowhere.npz"),
    "seed": (["--seed", "-3"], "--seed"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_one_sentence_and_no_files(name, tmp_path, capsys):
    words, expected = WRONG[name]
    assert call(backprop, *words, "--out", tmp_path / "o") == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("error: ") and said.err.count("\n") == 1
    assert expected in said.err
    assert not list((tmp_path / "o").glob("*"))


def test_a_forward_trace_cannot_be_verified_as_training(tmp_path, capsys):
    path = tmp_path / "f.npz"
    path.write_bytes(trace_file.to_bytes(simulate(command="feedforward", steps=1)))
    assert call(backprop, "--trace", path, "--out", tmp_path / "o") == 2
    assert "verify.feedforward" in capsys.readouterr().err
    assert call(feedforward, "--trace", path, "--out", tmp_path / "o") == 0


@pytest.mark.parametrize(
    "words", [("--save-trace", "x.npz"), ("--dtype", "float64"), ("--digit", "3"), ("--jit",), ("--steps", "9")]
)
def test_what_a_trace_decides_cannot_be_chosen(saved, tmp_path, capsys, words):
    for command in (backprop, everything):
        assert call(command, "--trace", saved, *words, "--out", tmp_path / "o") == 2
        assert capsys.readouterr().err.startswith(f"error: {words[0]} cannot be used with --trace")
    assert not (tmp_path / "o").exists()


def test_an_output_folder_that_cannot_be_made(saved, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert call(backprop, "--trace", saved, "--out", tmp_path / "file") == 2
    assert capsys.readouterr().err.startswith("error: --out")
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_full_disc_leaves_the_old_files_whole(saved, tmp_path, capsys, monkeypatch):
    out = tmp_path / "o"
    assert call(backprop, "--trace", saved, "--out", out) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    opened, real = [], os.fdopen

    def fdopen(*words, **options):
        opened.append(words)
        if len(opened) > 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*words, **options)

    monkeypatch.setattr(files.os, "fdopen", fdopen)
    capsys.readouterr()
    assert call(backprop, "--trace", saved, "--out", out, "--rtol", "1", "--atol", "1") == 2
    assert "No space left" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_really_full_disc(saved, tmp_path):
    """A limit of 8 blocks a file is met in the middle of a real write."""
    before = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)"
    command = in_a_new_process(before, "--trace", str(saved), "--out", str(tmp_path / "o"))
    limited = ["bash", "-c", 'ulimit -f 8; exec "$@"', "x", *command]
    done = subprocess.run(limited, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: --out") and not list((tmp_path / "o").iterdir())


def test_a_target_in_the_way_leaves_everything_as_it_was(saved, tmp_path, capsys):
    (tmp_path / "o" / "report.md").mkdir(parents=True)
    assert call(backprop, "--trace", saved, "--out", tmp_path / "o") == 2
    assert "report.md" not in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "o").iterdir()] == ["report.md"]


def test_all_at_once_refuses_a_forward_trace_before_writing(tmp_path):
    path = tmp_path / "f.npz"
    path.write_bytes(trace_file.to_bytes(simulate(command="feedforward", steps=1)))
    assert call(everything, "--trace", path, "--out", tmp_path / "o") == 2
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("option", ["--trace", "--data"])
@pytest.mark.parametrize("path", ["x" * 300, "/tmp/a\n\x1b[31mPASS"])
def test_hostile_paths_are_one_sentence(tmp_path, capsys, option, path):
    assert call(backprop, option, path, "--out", tmp_path / "o") == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and said.count("\n") == 1 and "\x1b" not in said
