"""Record Ctrl-C and SIGTERM, so that a long run can stop between two steps."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """Yield a list to which each SIGINT or SIGTERM appends its number.

    The caller looks at the list and stops after the current step if it is not empty. A second Ctrl-C raises
    KeyboardInterrupt at once. Outside the main thread, where Python allows no handlers, the list stays empty.
    """
    received: list[int] = []

    def stop(number: int, _: Any) -> None:
        received.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    try:
        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread: only the main thread can handle signals
        yield received
        return
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
