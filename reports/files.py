"""Write files so that each appears whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path


def write(folder: Path, contents: Mapping[str, bytes], stale: Iterable[str] = ()) -> None:
    """Put all files into the folder, made if need be; all are complete before the first takes its name.

    `stale` names files of an earlier run that go. Raises OSError; then no file of the folder has changed,
    unless renaming itself failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in contents:
        if (folder / name).is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(folder / name))
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
        for name in stale:
            (folder / name).unlink(missing_ok=True)
    except BaseException:
        for temporary, _ in ready:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise
