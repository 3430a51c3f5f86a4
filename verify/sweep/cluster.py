"""Connect to workers: a local Dask cluster of processes, or the workers of an existing scheduler."""

import asyncio
import logging
import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from multiprocessing import resource_tracker
from typing import Any
from urllib.request import ProxyHandler, build_opener

import dask
from distributed import Client, LocalCluster, rpc
from distributed.security import Security

from verify.errors import Unusable, Unverifiable
from verify.sweep import provenance

ADDRESS = re.compile(r"(tcp|tls)://[^/\s]+:\d{1,5}/?")
REACHED_WITHIN, WORKERS_WITHIN = 5, 20  # seconds
Connect = Callable[[], AbstractContextManager[Any]]


def connecting(address: str | None, workers: int | None, verbose: bool = False) -> Connect:
    """Return a function that connects to the workers.  Raises Unusable if the address is malformed."""
    if address is None:
        return partial(local, workers, verbose)
    if not ADDRESS.fullmatch(address):
        raise Unusable(f"--scheduler {ascii(address)[1:-1]}: an address like tcp://127.0.0.1:8786 is needed")
    return partial(existing, address, verbose)


@contextmanager
def local(workers: int | None, verbose: bool = False) -> Iterator[Any]:
    """Start worker processes (None: one a core) and yield their client; they end with the block.

    Dask replaces a worker process that dies. It reports even the first death (`allowed_failures` is 0), since Runner
    finds out which case is the cause.  Raises Unverifiable if the workers cannot be started.
    """
    with _quiet(verbose), dask.config.set({"distributed.worker.profile.enabled": False}):
        try:
            with _interrupts_later():
                cluster = LocalCluster(
                    workers,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    memory_limit=0,
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.WARNING if verbose else logging.CRITICAL,
                    scheduler_kwargs={"allowed_failures": 0},
                )
        except (OSError, RuntimeError, TimeoutError) as error:
            raise Unverifiable(f"the local workers cannot be started ({_line(error)})") from error
        with cluster, Client(cluster, set_as_default=False) as client:
            _print_dashboard(client)
            yield client


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Hold back Ctrl-C until the block ends; threads and processes started in the block never receive it."""
    resource_tracker.ensure_running()  # if it started inside the block, it would unblock the signals there
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def existing(address: str, verbose: bool = False) -> Iterator[Any]:
    """Yield a client of the scheduler at this address.  Raises Unusable if it cannot be reached or used."""
    with _quiet(verbose):
        try:
            server = asyncio.run(asyncio.wait_for(_server_type(address), REACHED_WITHIN))
            if server != "Scheduler":
                raise Unusable(f"--scheduler {address}: what answers there is no scheduler ({server[:40]!a})")
            client = Client(address, timeout=REACHED_WITHIN, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise Unusable(f"--scheduler {address}: no scheduler can be reached there") from error
        try:
            _check(client, address)
            _print_dashboard(client)
            yield client
        finally:
            client.close(timeout=REACHED_WITHIN)


async def _server_type(address: str) -> str:
    """Return the type of the Dask server at this address; unlike Client, this does not wait for ever for an answer."""
    arguments = Security().get_connection_args("client")
    async with rpc(address, timeout=REACHED_WITHIN, connection_args=arguments) as server:
        return str((await server.identity()).get("type"))


def _check(client: Any, address: str) -> None:
    """Check that there are workers with the versions of this process.  Raises Unusable, naming a worker."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_WITHIN)
    except TimeoutError as error:
        start = f"start some with: dask worker {address} --nthreads 1"
        raise Unusable(f"--scheduler {address}: it has no workers; {start}") from error
    try:
        versions_by_worker = client.run(provenance.versions, on_error="return")
    except (ImportError, AttributeError) as error:
        raise Unusable(f"--scheduler {address}: its workers cannot import this project ({_line(error)})") from error
    for worker, versions in versions_by_worker.items():
        where = f"--scheduler {address}: worker {worker}"
        if not isinstance(versions, Mapping):
            raise Unusable(f"{where} cannot run this project ({_line(versions)})")
        if wrong := provenance.first_difference(provenance.versions(), versions):
            raise Unusable(f"{where} has {wrong}")


def _print_dashboard(client: Any) -> None:
    """Print the address of Dask's dashboard, if there is one."""
    address = str(client.dashboard_link or "")
    with suppress(OSError, ValueError):
        if address.startswith(("http://", "https://")):
            with build_opener(ProxyHandler({})).open(address, timeout=1) as page:
                if b"Dask needs" not in page.read(4096):  # what the page says if bokeh is missing
                    print(f"Dask's dashboard: {address}", file=sys.stderr, flush=True)


@contextmanager
def _quiet(verbose: bool) -> Iterator[None]:
    """Silence Dask's own log messages unless `verbose`; By Hand's messages say what matters."""
    before = logging.root.manager.disable
    logging.disable(before if verbose else logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _line(error: object) -> str:
    """Return the first line of an error's message."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
