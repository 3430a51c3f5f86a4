"""A training that is interrupted: Ctrl-C, kill, SIGTERM or a full disc lose nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.verify.training.short_trainings import SHORT, contents, interrupted, train
from verify.lockstep.process import Checker
from verify.training.checkpoint import JOURNAL, STATE, Journal, load
from verify.training.loop import TrainingLoop

ROOT = Path(__file__).parents[3]


def begin(out, *more):
    """A training in a process of its own, with a checkpoint after every other step."""
    script = (
        "import sys; from verify.cli.exit_status import guarded; from verify.training import loop, __main__ as t; "
        f"loop.SAVED_EVERY = 2; sys.exit(guarded(t.main, {[*SHORT, '--out', str(out), *more]!r}))"
    )
    words = [sys.executable, "-c", script]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(path, process):
    for _ in range(1200):
        if path.exists() or process.poll() is not None:
            break
        time.sleep(0.05)
    assert path.exists(), process.communicate()


def test_ctrl_c_then_kill_then_resume_gives_the_same_bytes(whole, tmp_path):
    out = tmp_path / "t"
    process = begin(out)
    wait_for(out / STATE, process)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130, message
    assert "stopped after step" in message and f"--resume {out}" in message and "Traceback" not in message
    assert {p.name for p in out.iterdir()} == {STATE, JOURNAL}
    before = (out / STATE).read_bytes()

    process = begin(out, "--resume", str(out))
    for _ in range(1200):
        if not (out / STATE).exists() or (out / STATE).read_bytes() != before:
            break
        time.sleep(0.02)
    process.kill()
    process.communicate()
    if (out / STATE).exists():  # else it was finished before it could be killed
        train(out, "--resume", str(out))
    assert contents(out) == contents(whole)


def test_a_full_disc_loses_nothing(whole, tmp_path, capsys):
    out = interrupted(tmp_path)
    message = capsys.readouterr().err
    assert "No space left on device" in message and f"--resume {out}" in message and message.count("\n") == 1
    assert load(out).progress.step == 6 and set(contents(out)) == {STATE, JOURNAL}
    train(out, "--resume", str(out))
    assert contents(out) == contents(whole)


def test_the_verifying_process_killed(whole, tmp_path, monkeypatch, capsys):
    real, killed = Checker.give, []

    def give(self, number, *rest):
        if number == 9 and not killed:
            killed.append(self.process.pid)
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.join()
        return real(self, number, *rest)

    monkeypatch.setattr(Checker, "give", give)
    out = train(tmp_path / "t", expect=3)
    assert "the process that verifies has ended" in capsys.readouterr().err
    train(out, "--resume", str(out))
    assert contents(out) == contents(whole)


def test_sigterm_stops_like_ctrl_c(tmp_path, monkeypatch, capsys):
    real = TrainingLoop._step

    def step(self, number, X, y):
        if number == 4:
            os.kill(os.getpid(), signal.SIGTERM)
        real(self, number, X, y)

    monkeypatch.setattr(TrainingLoop, "_step", step)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background may ignore it
    out = train(tmp_path / "t", expect=130)
    assert "stopped after step 4 of 16" in capsys.readouterr().err
    assert load(out).progress.step == 4
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


def test_a_journal_is_cut_back_to_what_is_known(tmp_path):
    journal = Journal(tmp_path, 0)
    journal.add(1, 2.5, "W1")
    length = journal.flush()
    journal.add(2, 0.1, "")
    journal.flush()
    again = Journal(tmp_path, length)
    assert again.content().decode().splitlines()[1:] == ["1,2.5,W1"]
    again.add(2, 0.1, "")
    again.flush()
    assert again.content().decode().splitlines()[1:] == ["1,2.5,W1", "2,0.1,"]
