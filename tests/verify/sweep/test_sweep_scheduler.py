"""Existing schedulers: one that dies, none, something else, and workers that do not fit."""

import shutil
import socket
import time

import pytest

from tests.support.sweep_stand_in import StandIn, begun
from tests.verify.sweep.processes import (
    PROGRAM,
    ROOT,
    ended,
    free_port,
    processes,
    scheduler,
    started,
    statuses,
    until,
    worker,
)
from verify.cli.exit_status import guarded
from verify.errors import Unusable
from verify.sweep import __main__ as sweep
from verify.sweep import cluster
from verify.sweep import parquet_store as store
from verify.sweep.execution import execute


def test_a_scheduler_that_dies_and_comes_back(tmp_path):
    """Stop the scheduler and its worker twice; start them again only the first time.

    The first time, the sweep waits for both and goes on. The second time, it ends and can be resumed.
    """
    port, out, stored = free_port(), tmp_path / "out", begun(100)
    with processes() as running:
        running += [scheduler(port), worker(port, tmp_path)]
        client = started(*PROGRAM, str(out), f"tcp://127.0.0.1:{port}", "100", "0.1", "4")
        running.append(client)
        until(lambda: store.parts(out / "cases"))
        ended(running[0])
        ended(running[1])
        count = len(statuses(out, stored))
        running += [scheduler(port), worker(port, tmp_path)]
        until(lambda: len(statuses(out, stored)) > count + 5)
        assert client.poll() is None
        ended(running[3])
        ended(running[4])
        _, text = client.communicate(timeout=60)
        assert client.returncode == 3 and text.startswith("error: could not verify: the scheduler was lost"), text
        assert f"tcp://127.0.0.1:{port}" in text and "go on with --resume" in text and text.count("\n") == 1
    execute(out, stored, lambda: cluster.local(2), StandIn())
    assert set(statuses(out, stored)) == set(range(100))


def test_a_scheduler_that_is_not_there_is_said_in_seconds(tmp_path, capsys):
    address, before = f"tcp://127.0.0.1:{free_port()}", time.monotonic()
    assert guarded(sweep.main, ["--scheduler", address, "--out", str(tmp_path / "out")]) == 2
    assert time.monotonic() - before < 20
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
    with processes() as running:
        port = free_port()
        running.append(scheduler(port))
        with pytest.raises(Unusable, match="has no workers; start some with: dask worker"):
            execute(tmp_path, begun(3), cluster.connecting(f"tcp://127.0.0.1:{port}", 1), StandIn())


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
    with processes() as running:
        port = free_port()
        running += [scheduler(port), worker(port, tmp_path, cwd=place, PYTHONPATH=str(place))]
        address = f"tcp://127.0.0.1:{port}"
        with pytest.raises(Unusable) as refused:
            execute(tmp_path / "out", begun(3), cluster.connecting(address, 1), StandIn())
    assert text in str(refused.value) and address in str(refused.value)
    if change is not without_it:
        assert "worker tcp://" in str(refused.value)
    assert not store.parts(tmp_path / "out")
