"""Keep TensorFlow's start-up messages off the terminal (--verbose shows them)."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hushed(verbose: bool = False) -> Iterator[None]:
    """Redirect stderr to a temporary file inside the `with` block; do nothing if `verbose`.

    File descriptor 2 itself is redirected, because TensorFlow's C++ code does not write through sys.stderr.
    """
    if verbose:
        yield
        return
    if "tensorflow" not in sys.modules:  # TensorFlow reads it once, when it is imported
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with tempfile.TemporaryFile() as sink:
            os.dup2(sink.fileno(), 2)
            try:
                yield
            finally:
                sys.stderr.flush()
                os.dup2(saved, 2)
    finally:
        os.close(saved)
