"""The folder of a sweep: `sweep.json` has the plan, `cases/` is a Parquet data set to which files are only added.

Every file appears whole or not at all. All rows of a case are in one file, so every case is whole as well. A file
holds the cases of one kind that finished within about a second; its folder names the kind (dtype=…/jit=…/batch=…).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from reports import files
from verify.errors import Unusable
from verify.sweep.case_result import STATUSES, CaseResult
from verify.sweep.case_table import COLUMNS, has_columns, to_table
from verify.sweep.plan import Kind, Plan

SCHEMA = "byhand-sweep/2"
MANIFEST, CASES, LOCK, PART = "sweep.json", "cases", ".lock", "part-"
SECONDS, MOST = 1.0, 1000  # a file is written after this time, or when this many cases wait


@dataclass(frozen=True)
class StoredPlan:
    """What `sweep.json` holds: the plan, and the versions and images with which the sweep was begun."""

    plan: Plan
    origin: dict[str, str]

    def to_json(self) -> bytes:
        """Return the content of `sweep.json`."""
        content = {"schema": SCHEMA, "plan": self.plan.to_dict(), "origin": self.origin}
        return (json.dumps(content, indent=1) + "\n").encode()


def begun(folder: Path) -> StoredPlan | None:
    """Return the sweep of this folder, or None if it has none.  Raises Unusable if `sweep.json` cannot be used."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_bytes())
        if content["schema"] != SCHEMA:
            raise Unusable(f"--out {folder}: {MANIFEST} was written by another version of this project")
        origin = {str(name): str(value) for name, value in content["origin"].items()}
        return StoredPlan(Plan.from_dict(content["plan"]), origin)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise Unusable(f"--out {folder}: {MANIFEST} is damaged; name another --out") from error


class Store:
    """The only writer of a folder: it collects case results and writes them to files.

    `done` has the numbers of all cases that were added, now or in an earlier run; `pending` has the results not
    yet in a file. All methods raise Unusable, naming --out, if the folder cannot be used.
    """

    def __init__(self, folder: Path, sweep: StoredPlan) -> None:
        self.folder, self.plan = folder, sweep.plan
        self.done: set[int] = set()
        self.pending: list[CaseResult] = []
        self.since = 0.0
        try:
            (folder / CASES).mkdir(parents=True, exist_ok=True)
            self.lock = self._locked()
            self.new = begun(folder) is None
            if self.new:
                files.write(folder, {MANIFEST: sweep.to_json()})
                _to_disk(folder)
            for unfinished in (folder / CASES).rglob(".part-*"):  # left by a writer that was killed
                unfinished.unlink()
        except OSError as error:
            raise self._unwritable(error) from error
        paths = parts(folder / CASES)
        for path in paths:
            self._count(path)
        self.next = 1 + max((_number(path) for path in paths), default=-1)

    def _locked(self) -> IO[bytes]:
        """Lock the folder and return the open lock file.  Raises Unusable if another sweep has locked it."""
        file = open(self.folder / LOCK, "wb")  # noqa: SIM115 - open as long as the store exists
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise Unusable(f"--out {self.folder}: another sweep is writing into it now") from error
        return file

    def _count(self, path: Path) -> None:
        """Add the cases of a file to `done`.  Raises Unusable if one of them is there already."""
        for number in np.unique(read(self.folder, path, self.plan)["case"].to_numpy()).tolist():
            if number in self.done:
                raise Unusable(f"--out {self.folder}: {_short(self.folder, path)} holds case {number} a second time")
            self.done.add(number)

    def add(self, finding: CaseResult) -> None:
        """Add the result of a case, to be written later.  Raises ValueError if the case is already there."""
        if finding.number in self.done:
            raise ValueError(f"case {finding.number} is already there")
        self.done.add(finding.number)
        if not self.pending:
            self.since = time.monotonic()
        self.pending.append(finding)
        self.tick()

    def tick(self) -> None:
        """Write the results that wait, if one has waited for SECONDS or there are MOST of them."""
        if self.pending and (len(self.pending) >= MOST or time.monotonic() - self.since >= SECONDS):
            self.flush()

    def flush(self) -> None:
        """Write all results that wait, one file for each kind."""
        kinds: dict[Kind, list[CaseResult]] = {}
        for finding in self.pending:
            kinds.setdefault(self.plan.kind(finding.number), []).append(finding)
        for kind, findings in kinds.items():
            try:
                self._write(place(self.folder, kind), to_table(self.plan, findings))
            except OSError as error:
                raise self._unwritable(error) from error
            written = {finding.number for finding in findings}
            self.pending = [finding for finding in self.pending if finding.number not in written]

    def _write(self, folder: Path, table: Any) -> None:
        """Write a table as the next file of a partition.  Raises OSError; then no file appears."""
        folder.mkdir(parents=True, exist_ok=True)
        buffer = pa.BufferOutputStream()
        parquet.write_table(table, buffer, compression="zstd")
        content = buffer.getvalue()
        name = named(self.next, content)
        temporary = folder / f".{name}"
        try:
            with open(temporary, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, folder / name)
            _to_disk(folder)
        finally:
            temporary.unlink(missing_ok=True)
        self.next += 1

    def close(self) -> None:
        """Unlock the folder; remove what this store made there if the sweep is new and no case was added."""
        if self.new and not self.done:
            for name in (MANIFEST, LOCK):
                (self.folder / name).unlink(missing_ok=True)
            with suppress(OSError):  # the folder has other files
                (self.folder / CASES).rmdir()
                self.folder.rmdir()
        self.lock.close()

    def _unwritable(self, error: OSError) -> Unusable:
        """Return the exception that says why writing failed and how many cases are kept."""
        kept = f"; {len(self.done) - len(self.pending):,} cases are kept, go on with --resume" if self.done else ""
        return Unusable(f"--out {self.folder}: cannot be written ({error.strerror or error}){kept}")


def named(number: int, content: Any) -> str:
    """Return the name of a file: its number in the order of writing, and a digest that shows damage."""
    return f"{PART}{number:08d}-{hashlib.sha256(content).hexdigest()[:16]}.parquet"


def place(folder: Path, kind: Kind) -> Path:
    """Return the folder (the partition) of a kind."""
    jit = "on" if kind.jit else "off"
    return folder / CASES / f"dtype={kind.dtype}" / f"jit={jit}" / f"batch={kind.batch}"


def parts(within: Path) -> list[Path]:
    """Return the Parquet files below a folder in the order in which they were written."""
    return sorted(within.rglob(f"{PART}*.parquet"), key=lambda path: (path.name, path))


def _number(path: Path) -> int:
    """Return the number in a file's name, or -1 if the name has none."""
    digits = path.name.removeprefix(PART).partition("-")[0]
    return int(digits) if digits.isdecimal() else -1


def read(folder: Path, path: Path, plan: Plan) -> Any:
    """Return the rows of one file.  Raises Unusable, naming the file, if it is damaged or not of this sweep."""
    where = f"--out {folder}: {_short(folder, path)}"
    try:
        content = path.read_bytes()
        if path.name != named(_number(path), content):
            raise OSError("its bytes are others than those written")
        table = parquet.ParquetFile(pa.BufferReader(content)).read()
    except (OSError, pa.ArrowException) as error:
        raise Unusable(f"{where} is damaged; remove it, and --resume does its cases again") from error
    if not has_columns(table):
        raise Unusable(f"{where} was not written by a sweep: it has other columns")
    numbers = table["case"].to_numpy()
    if table.num_rows and (numbers.min() < 0 or numbers.max() >= len(plan)):
        raise Unusable(f"{where} holds a case that is not of this sweep")
    for number in np.unique(numbers).tolist():
        if place(folder, plan.kind(number)) != path.parent:
            raise Unusable(f"{where} holds case {number}, which belongs to another kind")
    if set(table["status"].unique().to_pylist()) - set(STATUSES):
        raise Unusable(f"{where} holds a status that no sweep writes")
    return table.cast(COLUMNS)


def _short(folder: Path, path: Path) -> str:
    """Return the path relative to the folder, for messages."""
    return path.relative_to(folder).as_posix()


def _to_disk(folder: Path) -> None:
    """Sync a folder, so that the names of its files also survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
