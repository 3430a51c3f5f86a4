"""Workers: a local Dask cluster of processes, or those of a scheduler that is already there."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from multiprocessing import resource_tracker
from typing import Any
from urllib.request import ProxyHandler, build_opener

import dask
from distributed import Client, LocalCluster, rpc
from distributed.security import Security

from verify.errors import Unusable, Unverifiable
from verify.sweep import provenance as origin

ADDRESS = re.compile(r"(tcp|tls)://[^/\s]+:\d{1,5}/?")
REACHED_WITHIN, WORKERS_WITHIN = 5, 20  # seconds
Connect = Callable[[], AbstractContextManager[Any]]


def connecting(address: str | None, workers: int, verbose: bool = False) -> Connect:
    """How to get a client whose workers may take part.  Raises Unusable for an address that is none."""
    if address is None:
        return partial(local, workers, verbose)
    if not ADDRESS.fullmatch(address):
        raise Unusable(f"--scheduler {ascii(address)[1:-1]}: an address like tcp://127.0.0.1:8786 is needed")
    return partial(existing, address, verbose)


@contextmanager
def local(workers: int, verbose: bool = False) -> Iterator[Any]:
    """A cluster on this machine that ends with the block; a process that dies is replaced.

    A single death counts (`allowed_failures`): which case is to blame the runner finds out.
    """
    level = logging.WARNING if verbose else logging.CRITICAL
    with _quiet(verbose), dask.config.set({"distributed.worker.profile.enabled": False}):
        try:
            with _interrupts_later():
                cluster = LocalCluster(
                    n_workers=workers, threads_per_worker=1, processes=True, host="127.0.0.1", memory_limit=0,
                    dashboard_address="127.0.0.1:0", silence_logs=level, scheduler_kwargs={"allowed_failures": 0},
                )  # fmt: skip
        except (OSError, RuntimeError, TimeoutError) as error:
            raise Unverifiable(f"the local workers cannot be started ({_line(error)})") from error
        with cluster, Client(cluster, set_as_default=False) as client:
            yield client


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Ctrl-C comes when the block has ended, and never to the threads and processes that are begun in it."""
    resource_tracker.ensure_running()  # it would let the signals through in whatever thread begins it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def existing(address: str, verbose: bool = False) -> Iterator[Any]:
    """A client of the scheduler at this address.  Raises Unusable, naming it, if it cannot be reached or used."""
    with _quiet(verbose):
        try:
            kind = asyncio.run(asyncio.wait_for(_what_answers(address), REACHED_WITHIN))
            if kind != "Scheduler":
                raise Unusable(f"--scheduler {address}: what answers there is no scheduler ({kind[:40]!a})")
            client = Client(address, timeout=REACHED_WITHIN, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise Unusable(f"--scheduler {address}: no scheduler can be reached there") from error
        try:
            _check(client, address)
            yield client
        finally:
            client.close(timeout=REACHED_WITHIN)


async def _what_answers(address: str) -> str:
    """Client alone would wait without end for one that says nothing."""
    how = Security().get_connection_args("client")
    async with rpc(address, timeout=REACHED_WITHIN, connection_args=how) as server:
        return str((await server.identity()).get("type"))


def _check(client: Any, address: str) -> None:
    """That there are workers, and each with the versions that are here."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_WITHIN)
    except TimeoutError as error:
        start = f"start some with: dask worker {address} --nthreads 1"
        raise Unusable(f"--scheduler {address}: it has no workers; {start}") from error
    try:
        found = client.run(origin.here, on_error="return")
    except (ImportError, AttributeError) as error:
        raise Unusable(f"--scheduler {address}: its workers cannot import this project ({_line(error)})") from error
    for worker, versions in found.items():
        if not isinstance(versions, Mapping):
            text = f"worker {worker} cannot run this project ({_line(versions)})"
            raise Unusable(f"--scheduler {address}: {text}")
        wrong = origin.difference(origin.here(), versions)
        if wrong:
            raise Unusable(f"--scheduler {address}: worker {worker} has {wrong}")


def dashboard(client: Any) -> str:
    """Its address; "" where there is none: without bokeh a scheduler shows a page that says so."""
    address = str(client.dashboard_link or "")
    if not address.startswith(("http://", "https://")):
        return ""
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=1) as page:
            return "" if b"Dask needs" in page.read(4096) else address
    except (OSError, ValueError):
        return ""


@contextmanager
def _quiet(verbose: bool) -> Iterator[None]:
    """Dask's own messages: what matters of them is said in other words."""
    before = logging.root.manager.disable
    logging.disable(before if verbose else logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _line(error: object) -> str:
    lines = str(error).splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
