"""The folder of a sweep: `sweep.json` says what it is, `cases/` is a Parquet data set that only grows.

Every file appears whole or not at all, and so does every case: all its rows are in one file. A file holds the cases
of one kind that came in within a second or so; where it stands says which kind (dtype=…/jit=…/batch=…).
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
from verify.sweep.case_result import STATUSES, Finding
from verify.sweep.plan import Kind, Plan

SCHEMA = "byhand-sweep/2"
MANIFEST, CASES, LOCK, PART = "sweep.json", "cases", ".lock", "part-"
SECONDS, MOST = 1.0, 1000  # a file is written after so long, or for so many cases
WORDS = pa.dictionary(pa.int32(), pa.string())
COLUMNS = pa.schema({
    "case": pa.int64(), "seed": pa.int64(), "digit": WORDS, "status": WORDS, "remark": WORDS, "images": pa.int32(),
    "right_by_hand": pa.int32(), "right_tensorflow": pa.int32(), "differ": pa.int32(), "bits": WORDS,
    "step": pa.int16(), "order": pa.int16(), "tensor": WORDS, "equation": WORDS, "verdict": WORDS,
    "elements": pa.int64(), "reproduced": pa.int64(), "outside": pa.int64(),
    "utilisation": pa.float64(), "max_ulp": pa.float64(), "explanation": WORDS, "failure": WORDS,
})  # fmt: skip
OF_CASE = ("status", "remark", "images", "right_by_hand", "right_tensorflow", "differ", "bits")


@dataclass(frozen=True)
class Begun:
    """A sweep as its folder knows it: the plan, and under which versions and on which images it was begun."""

    plan: Plan
    origin: dict[str, str]

    def to_json(self) -> bytes:
        content = {"schema": SCHEMA, "plan": self.plan.to_dict(), "origin": self.origin}
        return (json.dumps(content, indent=1) + "\n").encode()


def begun(folder: Path) -> Begun | None:
    """The sweep that this folder holds; None if it holds none.  Raises Unusable for a damaged or foreign one."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_bytes())
        if found["schema"] != SCHEMA:
            raise Unusable(f"--out {folder}: {MANIFEST} was written by another version of this project")
        origin = {str(name): str(value) for name, value in found["origin"].items()}
        return Begun(Plan.from_dict(found["plan"]), origin)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise Unusable(f"--out {folder}: {MANIFEST} is damaged; name another --out") from error


class Store:
    """The one writer of a folder. Raises Unusable, naming --out, whenever the folder cannot be used.

    `done`: the numbers of the cases that it holds.
    """

    def __init__(self, folder: Path, sweep: Begun) -> None:
        self.folder, self.plan = folder, sweep.plan
        self.done: set[int] = set()
        self.held: list[Finding] = []
        self.since = 0.0
        try:
            (folder / CASES).mkdir(parents=True, exist_ok=True)
            self.lock = self._locked()
            self.new = begun(folder) is None
            if self.new:
                files.write(folder, {MANIFEST: sweep.to_json()})
                _to_disk(folder)
            for left in (folder / CASES).rglob(".part-*"):  # of a writer that was killed
                left.unlink()
        except OSError as error:
            raise self._unwritable(error) from error
        paths = parts(folder / CASES)
        for path in paths:
            self._count(path)
        self.next = 1 + max((_number(path) for path in paths), default=-1)

    def _locked(self) -> IO[bytes]:
        file = open(self.folder / LOCK, "wb")  # noqa: SIM115 - held as long as the store is
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise Unusable(f"--out {self.folder}: another sweep is writing into it now") from error
        return file

    def _count(self, path: Path) -> None:
        for number in np.unique(read(self.folder, path, self.plan)["case"].to_numpy()).tolist():
            if number in self.done:
                raise Unusable(f"--out {self.folder}: {_short(self.folder, path)} holds case {number} a second time")
            self.done.add(number)

    def add(self, finding: Finding) -> None:
        """Keep a case; it is on the disc after the next `flush`, which comes by itself within a second or so."""
        if finding.number in self.done:
            raise ValueError(f"case {finding.number} is already there")
        self.done.add(finding.number)
        if not self.held:
            self.since = time.monotonic()
        self.held.append(finding)
        self.tick()

    def tick(self) -> None:
        """Write what has waited long enough."""
        if self.held and (len(self.held) >= MOST or time.monotonic() - self.since >= SECONDS):
            self.flush()

    def flush(self) -> None:
        """Write what was added, a file for each kind."""
        kinds: dict[Kind, list[Finding]] = {}
        for finding in self.held:
            kinds.setdefault(self.plan.kind(finding.number), []).append(finding)
        for kind, findings in kinds.items():
            try:
                self._write(place(self.folder, kind), to_table(self.plan, findings))
            except OSError as error:
                raise self._unwritable(error) from error
            written = {finding.number for finding in findings}
            self.held = [finding for finding in self.held if finding.number not in written]

    def _write(self, folder: Path, table: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        content = pa.BufferOutputStream()
        parquet.write_table(table, content, compression="zstd")
        name = named(self.next, content.getvalue())
        temporary = folder / f".{name}"
        try:
            with open(temporary, "wb") as file:
                file.write(content.getvalue())
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, folder / name)
            _to_disk(folder)
        finally:
            temporary.unlink(missing_ok=True)
        self.next += 1

    def close(self) -> None:
        """Where nothing came of a new sweep, nothing is left of it."""
        if self.new and not self.done:
            for name in (MANIFEST, LOCK):
                (self.folder / name).unlink(missing_ok=True)
            with suppress(OSError):  # something else stands in it
                (self.folder / CASES).rmdir()
                self.folder.rmdir()
        self.lock.close()

    def _unwritable(self, error: OSError) -> Unusable:
        kept = f"; {len(self.done) - len(self.held):,} cases are kept, go on with --resume" if self.done else ""
        return Unusable(f"--out {self.folder}: cannot be written ({error.strerror or error}){kept}")


def named(number: int, content: Any) -> str:
    """A file's name: its place in the order of writing, and what says whether its bytes are still those written."""
    return f"{PART}{number:08d}-{hashlib.sha256(content).hexdigest()[:16]}.parquet"


def place(folder: Path, kind: Kind) -> Path:
    """The partition of a kind."""
    jit = "on" if kind.jit else "off"
    return folder / CASES / f"dtype={kind.dtype}" / f"jit={jit}" / f"batch={kind.batch}"


def parts(within: Path) -> list[Path]:
    """The files of the data set, or of a partition, in the order in which they were written."""
    return sorted(within.rglob(f"{PART}*.parquet"), key=lambda path: (path.name, path))


def _number(path: Path) -> int:
    digits = path.name.removeprefix(PART).partition("-")[0]
    return int(digits) if digits.isdecimal() else -1


def to_table(plan: Plan, findings: list[Finding]) -> Any:
    """The rows of some cases, in the order of their numbers."""
    findings = sorted(findings, key=lambda finding: finding.number)
    lengths = [finding.length for finding in findings]
    cases = [plan.case(finding.number) for finding in findings]
    single: dict[str, list[Any]] = {name: [getattr(f, name) for f in findings] for name in OF_CASE}
    single |= {"case": [c.number for c in cases], "seed": [c.settings.seed for c in cases]}
    single |= {"digit": [c.digit for c in cases]}
    repeated = np.repeat(np.arange(len(findings)), lengths)
    arrays = []
    for field in COLUMNS:
        if field.name in single:
            plain = pa.string() if field.type == WORDS else field.type
            array = pa.array(single[field.name], plain).take(pa.array(repeated))
        else:
            values = [value for finding in findings for value in finding.rows[field.name]]
            array = pa.array(values, pa.string() if field.type == WORDS else field.type)
        arrays.append(array.dictionary_encode() if field.type == WORDS else array)
    return pa.table(arrays, schema=COLUMNS)


def read(folder: Path, path: Path, plan: Plan) -> Any:
    """The rows of one file.  Raises Unusable naming it unless it is whole, and of this sweep."""
    where = f"--out {folder}: {_short(folder, path)}"
    try:
        content = path.read_bytes()
        if path.name != named(_number(path), content):
            raise OSError("its bytes are others than those written")
        table = parquet.ParquetFile(pa.BufferReader(content)).read()
    except (OSError, pa.ArrowException) as error:
        raise Unusable(f"{where} is damaged; remove it, and --resume does its cases again") from error
    if {f.name: plain(f.type) for f in table.schema} != {f.name: plain(f.type) for f in COLUMNS}:
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


def plain(kind: Any) -> Any:
    """A column's type, without how it is packed."""
    return pa.string() if pa.types.is_dictionary(kind) else kind


def _short(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _to_disk(folder: Path) -> None:
    """The names in a folder, too, survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
