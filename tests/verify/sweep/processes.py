"""Schedulers, workers and sweeps as processes of their own, and what they leave in a folder."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from verify.sweep import parquet_store as store

ROOT = Path(__file__).parents[3]
PROGRAM = ("-m", "tests.support.sweep_stand_in")


def started(*words, cwd=ROOT, **environment):
    """Start a process in its own group, so that all processes which it starts can be ended with it."""
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
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def scheduler(port):
    words = ("--host", "127.0.0.1", "--port", str(port), "--no-dashboard")
    process = started("-m", "distributed.cli.dask_scheduler", *words)
    until(lambda: answers(port))
    return process


def answers(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def worker(port, folder, cwd=ROOT, **environment):
    words = (f"tcp://127.0.0.1:{port}", "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder))
    return started("-m", "distributed.cli.dask_worker", *words, cwd=cwd, **environment)


@contextmanager
def processes():
    """Yield a list; the processes put into it end with the block."""
    running = []
    try:
        yield running
    finally:
        for process in running:
            ended(process)


def statuses(out, stored):
    """Return the status of every case in the folder by its number; no case may be there twice."""
    rows = [row for path in store.parts(out / "cases") for row in store.read(out, path, stored.plan).to_pylist()]
    counted = Counter(row["case"] for row in rows)
    assert set(counted.values()) <= {1}, "a case is there twice"
    return {row["case"]: row["status"] for row in rows}
