"""Real processes on loopback: workers, schedulers and sweeps that die; strangers; nothing that is there."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.sweep_stand_in import StandIn, begun
from verify.cli.exit_status import guarded
from verify.errors import Unusable, Unverifiable
from verify.sweep import __main__ as sweep
from verify.sweep import cluster
from verify.sweep import parquet_store as store
from verify.sweep import scheduling as runner
from verify.sweep.aggregation import summarise
from verify.sweep.case_result import AGREES, CRASHED, UNVERIFIED
from verify.sweep.execution import Execution

ROOT = Path(__file__).parents[3]
PROGRAM = ("-m", "tests.support.sweep_stand_in")


def started(*words, cwd=ROOT, **environment):
    """A process of its own group, so that all it has started can be ended with it."""
    return subprocess.Popen(
        [sys.executable, *words], cwd=cwd, env={**os.environ, **environment}, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def ended(process, number=signal.SIGKILL):
    if process.poll() is None:
        os.killpg(process.pid, number)
    return process.communicate(timeout=30)


def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def scheduler(port):
    words = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    process = started("-m", "distributed.cli.dask_scheduler", *words)
    until(lambda: answers(port))
    return process


def answers(port):
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def worker(port, folder, cwd=ROOT, **environment):
    words = (f"tcp://127.0.0.1:{port}", "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder))
    return started("-m", "distributed.cli.dask_worker", *words, cwd=cwd, **environment)


@contextmanager
def processes():
    """Whatever is put in here ends with the block."""
    held = []
    try:
        yield held
    finally:
        for process in held:
            ended(process)


def statuses(out, sweep_):
    """Of every case in the folder, each once."""
    rows = [row for path in store.parts(out / "cases") for row in store.read(out, path, sweep_.plan).to_pylist()]
    counted = Counter(row["case"] for row in rows)
    assert set(counted.values()) <= {1}, "a case is there twice"
    return {row["case"]: row["status"] for row in rows}


def marks(folder):
    """The processes in which each case was begun."""
    return {int(path.name): path.read_text().split() for path in folder.iterdir()}


def test_workers_that_die_and_cases_that_kill_them(tmp_path, monkeypatch):
    """One worker is killed from outside; two cases kill theirs each time; one raises. The others are not blamed."""
    monkeypatch.setattr(runner, "MISSING", 10.0)
    seen, sweep_ = tmp_path / "seen", begun(40)
    seen.mkdir()
    work = StandIn(0.02, deadly=(7, 8), folder=str(seen), raises={11: RuntimeError("no such kernel")})
    killed = []

    def connect():
        return cluster.local(2)

    course = Execution(tmp_path / "out", sweep_, connect, work)
    plain = course._ready

    def ready(client):
        plain(client)
        killed.append(client.run(os.getpid))
        os.kill(next(iter(killed[0].values())), signal.SIGKILL)

    course._ready = ready
    course.run()
    found = statuses(tmp_path / "out", sweep_)
    assert set(found) == set(range(40)) and killed
    assert {n for n, status in found.items() if status == CRASHED} == {7, 8}
    assert {n for n, status in found.items() if status == UNVERIFIED} == {11}
    assert all(2 <= len(marks(seen)[number]) <= 3 for number in (7, 8))  # it dies once with both, or with one waiting
    summary = summarise(tmp_path / "out", sweep_)
    assert summary.status == 3 and summary.count(AGREES) == 37
    crashed = next(c for c in summary.causes if c.status == CRASHED)
    assert crashed.count == 2 and "--seed 7 --digit 0" in crashed.first.command and "3 times" in crashed.text
    assert any("RuntimeError: no such kernel" in c.text for c in summary.causes)


def test_where_every_case_kills_its_worker_the_sweep_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "HOPELESS", 1)
    monkeypatch.setattr(runner, "MISSING", 10.0)
    course = Execution(tmp_path, begun(6), lambda: cluster.local(2), StandIn(deadly=tuple(range(6))))
    with pytest.raises(Unverifiable, match=r"each of the first 1 cases ended its worker.*--resume"):
        course.run()


def test_a_local_cluster_whose_workers_do_not_come_back_is_begun_again(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "MISSING", 1.0)
    clusters = []
    course = Execution(tmp_path, begun(30), lambda: cluster.local(1), StandIn(0.05))

    def ready(client):
        clusters.append(client)
        if len(clusters) == 1:
            client.retire_workers(close_workers=True)

    course._ready = ready
    course.run()
    assert len(statuses(tmp_path, begun(30))) == 30 and len(clusters) > 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_sweep_that_is_stopped_goes_on(how, tmp_path):
    """The client killed, or Ctrl-C, which its workers get too; they end with it, and say nothing."""
    out, sweep_ = tmp_path / "out", begun(60)
    process = started(*PROGRAM, str(out), "-", "60", "0.1")
    until(lambda: store.parts(out / "cases"))
    (os.killpg if how == signal.SIGINT else os.kill)(process.pid, how)
    _, text = process.communicate(timeout=30)
    if how == signal.SIGINT:
        assert process.returncode == 130 and "of 60 cases are kept; go on with --resume" in text
        assert text.count("\n") == 1, text
    before = statuses(out, sweep_)
    assert 0 < len(before) < 60
    until(lambda: not alive_in_group(process.pid))
    Execution(out, sweep_, lambda: cluster.local(2), StandIn()).run()
    after = statuses(out, sweep_)
    assert set(after) == set(range(60)) and set(after.values()) == {AGREES}


def alive_in_group(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_scheduler_that_dies_and_comes_back(tmp_path):
    """With its worker. The sweep waits for both and goes on; then the scheduler stays away, and it ends, resumable."""
    port, out, sweep_ = free_port(), tmp_path / "out", begun(100)
    with processes() as held:
        held += [scheduler(port), worker(port, tmp_path)]
        client = started(*PROGRAM, str(out), f"tcp://127.0.0.1:{port}", "100", "0.1", "4")
        held.append(client)
        until(lambda: store.parts(out / "cases"))
        ended(held[0])
        ended(held[1])
        count = len(statuses(out, sweep_))
        held += [scheduler(port), worker(port, tmp_path)]
        until(lambda: len(statuses(out, sweep_)) > count + 5)
        assert client.poll() is None
        ended(held[3])
        ended(held[4])
        _, text = client.communicate(timeout=60)
        assert client.returncode == 3 and text.startswith("error: could not verify: the scheduler was lost"), text
        assert f"tcp://127.0.0.1:{port}" in text and "go on with --resume" in text and text.count("\n") == 1
    Execution(out, sweep_, lambda: cluster.local(2), StandIn()).run()
    assert set(statuses(out, sweep_)) == set(range(100))


def test_a_scheduler_that_is_not_there_is_said_in_seconds(tmp_path, capsys):
    address, begin = f"tcp://127.0.0.1:{free_port()}", time.monotonic()
    assert guarded(sweep.main, ["--scheduler", address, "--out", str(tmp_path / "out")]) == 2
    assert time.monotonic() - begin < 20
    text = capsys.readouterr().err
    assert text == f"error: --scheduler {address}: no scheduler can be reached there\n"
    assert not (tmp_path / "out").exists()


def test_what_answers_there_must_be_a_scheduler(tmp_path, capsys, monkeypatch):
    """A listener that says nothing."""
    monkeypatch.setattr(cluster, "REACHED_WITHIN", 2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        assert guarded(sweep.main, ["--scheduler", address, "--out", str(tmp_path / "out")]) == 2
    assert address in capsys.readouterr().err


def test_a_scheduler_without_workers_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "WORKERS_WITHIN", 1)
    with processes() as held:
        port = free_port()
        held.append(scheduler(port))
        with pytest.raises(Unusable, match="has no workers; start some with: dask worker"):
            Execution(tmp_path, begun(3), cluster.connecting(f"tcp://127.0.0.1:{port}", 1), StandIn()).run()


def copied(folder):
    """This project's source once more, changed in a comment."""
    for name in ("reference", "verify", "reports"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    with open(folder / "verify" / "ball.py", "a") as file:
        file.write("# another version\n")


def other_tensorflow(folder):
    record = folder / "tensorflow-2.20.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: tensorflow\nVersion: 2.20.0\n")
    for name in ("reference", "verify", "reports"):
        (folder / name).symlink_to(ROOT / name)


def without_it(folder):
    """A worker that cannot import the project; -P and an empty folder, but the editable install finds it."""
    (folder / "verify.py").write_text("raise ImportError('no such project here')\n")


@pytest.mark.parametrize(("change", "text"), [
    (copied, "By Hand's source"), (other_tensorflow, "tensorflow 2.20.0, not "), (without_it, "cannot"),
])  # fmt: skip
def test_workers_of_another_version_are_named_and_refused(change, text, tmp_path):
    place = tmp_path / "theirs"
    place.mkdir()
    change(place)
    with processes() as held:
        port = free_port()
        held += [scheduler(port), worker(port, tmp_path, cwd=place, PYTHONPATH=str(place))]
        address = f"tcp://127.0.0.1:{port}"
        with pytest.raises(Unusable) as refused:
            Execution(tmp_path / "out", begun(3), cluster.connecting(address, 1), StandIn()).run()
    assert text in str(refused.value) and address in str(refused.value)
    if change is not without_it:
        assert "worker tcp://" in str(refused.value)
    assert not store.parts(tmp_path / "out")
