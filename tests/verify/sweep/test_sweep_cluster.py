"""Workers and sweeps on this machine that die."""

import os
import signal
from contextlib import contextmanager

import pytest

from tests.support.sweep_stand_in import StandIn, begun
from tests.verify.sweep.processes import PROGRAM, started, statuses, until
from verify.errors import Unverifiable
from verify.sweep import cluster, scheduling
from verify.sweep import parquet_store as store
from verify.sweep.aggregation import summarise
from verify.sweep.case_result import AGREES, CRASHED, UNVERIFIED
from verify.sweep.execution import execute


def marks(folder):
    """Return the processes in which each case was begun, by the number of the case."""
    return {int(path.name): path.read_text().split() for path in folder.iterdir()}


def test_workers_that_die_and_cases_that_kill_them(tmp_path, monkeypatch):
    """One worker is killed from outside; two cases kill theirs each time; one raises. The others are not blamed."""
    monkeypatch.setattr(scheduling, "MISSING", 10.0)
    seen, stored = tmp_path / "seen", begun(40)
    seen.mkdir()
    work = StandIn(0.02, deadly=(7, 8), folder=str(seen), raises={11: RuntimeError("no such kernel")})
    killed = []

    @contextmanager
    def connect():
        with cluster.local(2) as client:
            if not killed:
                killed.append(next(iter(client.run(os.getpid).values())))
                os.kill(killed[0], signal.SIGKILL)
            yield client

    execute(tmp_path / "out", stored, connect, work)
    status_of = statuses(tmp_path / "out", stored)
    assert set(status_of) == set(range(40)) and killed
    assert {n for n, status in status_of.items() if status == CRASHED} == {7, 8}
    assert {n for n, status in status_of.items() if status == UNVERIFIED} == {11}
    assert all(2 <= len(marks(seen)[number]) <= 3 for number in (7, 8))  # it dies once with both, or with one waiting
    summary = summarise(tmp_path / "out", stored)
    assert summary.status == 3 and summary.total.counts[AGREES] == 37
    crashed = next(c for c in summary.causes if c.status == CRASHED)
    assert crashed.count == 2 and "--seed 7 --digit 0" in crashed.first.command and "3 times" in crashed.text
    assert any("RuntimeError: no such kernel" in c.text for c in summary.causes)


def test_where_every_case_kills_its_worker_the_sweep_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(scheduling, "HOPELESS", 1)
    monkeypatch.setattr(scheduling, "MISSING", 10.0)
    with pytest.raises(Unverifiable, match=r"each of the first 1 cases ended its worker.*--resume"):
        execute(tmp_path, begun(6), lambda: cluster.local(2), StandIn(deadly=tuple(range(6))))


def test_a_local_cluster_whose_workers_do_not_come_back_is_begun_again(tmp_path, monkeypatch):
    monkeypatch.setattr(scheduling, "MISSING", 1.0)
    clients = []

    @contextmanager
    def connect():
        with cluster.local(1) as client:
            clients.append(client)
            if len(clients) == 1:
                client.retire_workers(close_workers=True)
            yield client

    execute(tmp_path, begun(30), connect, StandIn(0.05))
    assert len(statuses(tmp_path, begun(30))) == 30 and len(clients) > 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_sweep_that_is_stopped_goes_on(how, tmp_path):
    """The client killed, or Ctrl-C, which its workers get too; they end with it, and say nothing."""
    out, stored = tmp_path / "out", begun(60)
    process = started(*PROGRAM, str(out), "-", "60", "0.1")
    until(lambda: store.parts(out / "cases"))
    (os.killpg if how == signal.SIGINT else os.kill)(process.pid, how)
    _, text = process.communicate(timeout=30)
    if how == signal.SIGINT:
        assert process.returncode == 130 and "of 60 cases are kept; go on with --resume" in text
        assert text.count("\n") == 1, text
    before = statuses(out, stored)
    assert 0 < len(before) < 60
    until(lambda: not alive_in_group(process.pid))
    execute(out, stored, lambda: cluster.local(2), StandIn())
    after = statuses(out, stored)
    assert set(after) == set(range(60)) and set(after.values()) == {AGREES}


def alive_in_group(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
