"""For the workers of a local cluster, as they start: Ctrl-C is for the process that began them, which ends them."""

from __future__ import annotations

import signal
from typing import Any


def dask_setup(worker: Any) -> None:
    """Dask calls it by this name."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
