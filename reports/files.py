"""Write files so that each appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Put all files into the folder, made if need be; all are complete before the first takes its name.

    Raises OSError; then no file of the folder has changed, unless renaming itself failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ready: list[tuple[str, Path]] = []
    try:
        for name, content in contents.items():
            handle, temporary = tempfile.mkstemp(dir=folder, prefix=".part-")
            ready.append((temporary, folder / name))
            with os.fdopen(handle, "wb") as file:
                file.write(content)
        for temporary, target in ready:
            os.chmod(temporary, 0o644)
            os.replace(temporary, target)
    except OSError:
        for temporary, _ in ready:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise
