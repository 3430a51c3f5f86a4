"""Write a report as files: each file appears whole or not at all."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reports import as_csv, as_html, as_json, as_markdown
from reports.detail import Detail
from reports.table import Columns, Report


@dataclass(frozen=True)
class ReportFiles:
    """A report and its files: report.md, report.html, result.json, a CSV for each of `data`, and the pictures.

    `result` is the content of result.json. The HTML page shows `page`, or else the report, and `detail` below it.
    `others` are further files by name.
    """

    report: Report
    result: Any
    data: tuple[Columns, ...] = ()
    page: Report | None = None
    detail: Detail | None = None
    others: Mapping[str, bytes] = field(default_factory=dict)

    def contents(self) -> dict[str, bytes]:
        """Return the content of every file by its name."""
        return {
            "result.json": as_json.render(self.result),
            "report.md": as_markdown.render(self.report).encode(),
            "report.html": as_html.render(self.page or self.report, self.detail).encode(),
            **{f"{columns.name}.csv": as_csv.render(columns) for columns in self.data},
            **{picture.name: picture.content for picture in self.report.pictures},
            **self.others,
        }


def write(folder: Path, contents: Mapping[str, bytes], stale: Iterable[str] = ()) -> None:
    """Write all files into the folder, which is created if needed; all are complete before the first gets its name.

    `stale` names files of an earlier run, which are removed. Raises OSError if a file cannot be written; the folder is
    then unchanged, unless renaming itself failed.
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
