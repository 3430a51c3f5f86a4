"""The folder of a sweep: `sweep.json` has the plan, `cases/` is a Parquet data set to which files are only added.

Every file appears whole or not at all. All rows of a case are in one file, so every case is whole as well. A file
holds the cases of one kind that finished within about a second; its folder names the kind (dtype=…/jit=…/batch=…).
"""

import fcntl
import hashlib
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from reports import files
from verify.errors import Unusable
from verify.sweep.case_result import STATUSES, CaseResult
from verify.sweep.plan import MANIFEST, XLA, Kind, Plan, StoredPlan, stored_plan

CASES, LOCK, PART = "cases", ".lock", "part-"
SECONDS, MOST = 1.0, 1000  # a file is written after this time, or when this many cases wait
TEXT = pa.dictionary(pa.int32(), pa.string())
COLUMNS = pa.schema({
    "case": pa.int64(), "seed": pa.int64(), "digit": TEXT, "status": TEXT, "remark": TEXT, "images": pa.int32(),
    "right_by_hand": pa.int32(), "right_tensorflow": pa.int32(), "differ": pa.int32(), "bits": TEXT,
    "step": pa.int16(), "order": pa.int16(), "tensor": TEXT, "equation": TEXT, "verdict": TEXT,
    "elements": pa.int64(), "reproduced": pa.int64(), "outside": pa.int64(),
    "utilisation": pa.float64(), "max_ulp": pa.float64(), "explanation": TEXT, "failure": TEXT,
})  # fmt: skip


class Store:
    """The only writer of a folder: it collects case results and writes them to files.

    `done` has the numbers of all cases that were added, now or in an earlier run; `pending` has the results not
    yet in a file. All methods raise Unusable, naming --out, if the folder cannot be used.
    """

    def __init__(self, folder: Path, sweep: StoredPlan) -> None:
        self.folder, self.plan = folder, sweep.plan
        self.done: set[int] = set()
        self.pending: list[CaseResult] = []
        self.waiting_since = 0.0
        try:
            (folder / CASES).mkdir(parents=True, exist_ok=True)
            self.lock = open(folder / LOCK, "wb")  # noqa: SIM115 - open as long as the store exists
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.new = stored_plan(folder) is None
            if self.new:
                files.write(folder, {MANIFEST: sweep.to_json()})
                _sync(folder)
            for unfinished in (folder / CASES).rglob(".part-*"):  # left by a writer that was killed
                unfinished.unlink()
        except BlockingIOError as error:
            self.lock.close()
            raise Unusable(f"--out {folder}: another sweep is writing into it now") from error
        except OSError as error:
            raise self._unwritable(error) from error
        paths = parts(folder / CASES)
        for path in paths:
            for number in read(folder, path, self.plan)["case"].unique().to_pylist():
                if number in self.done:
                    raise Unusable(f"--out {folder}: {path.relative_to(folder)} holds case {number} a second time")
                self.done.add(number)
        self.next = _number(paths[-1]) + 1 if paths else 0

    def add(self, result: CaseResult) -> None:
        """Add the result of a case, to be written later.  Raises ValueError if the case is already there."""
        if result.number in self.done:
            raise ValueError(f"case {result.number} is already there")
        self.done.add(result.number)
        if not self.pending:
            self.waiting_since = time.monotonic()
        self.pending.append(result)
        self.tick()

    def tick(self) -> None:
        """Write the results that wait, if one has waited for SECONDS or there are MOST of them."""
        if self.pending and (len(self.pending) >= MOST or time.monotonic() - self.waiting_since >= SECONDS):
            self.flush()

    def flush(self) -> None:
        """Write all results that wait, one file for each kind."""
        for kind in dict.fromkeys(self.plan.kind(result.number) for result in self.pending):
            results = [result for result in self.pending if self.plan.kind(result.number) == kind]
            try:
                self._write(partition(self.folder, kind), to_table(self.plan, results))
            except OSError as error:
                raise self._unwritable(error) from error
            self.pending = [result for result in self.pending if self.plan.kind(result.number) != kind]

    def _write(self, folder: Path, table: Any) -> None:
        """Write a table as the next file of a partition.  Raises OSError; then no file appears."""
        folder.mkdir(parents=True, exist_ok=True)
        buffer = pa.BufferOutputStream()
        parquet.write_table(table, buffer, compression="zstd")
        content = buffer.getvalue()
        name = file_name(self.next, content)
        temporary = folder / f".{name}"
        try:
            with open(temporary, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, folder / name)
            _sync(folder)
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


def read(folder: Path, path: Path, plan: Plan) -> Any:
    """Return the rows of one file.  Raises Unusable, naming the file, if it is damaged or not of this sweep."""
    where = f"--out {folder}: {path.relative_to(folder)}"
    try:
        content = path.read_bytes()
        if path.name != file_name(_number(path), content):
            raise OSError("its bytes are others than those written")
        table = parquet.ParquetFile(pa.BufferReader(content)).read()
    except (OSError, pa.ArrowException) as error:
        raise Unusable(f"{where} is damaged; remove it, and --resume does its cases again") from error
    if not has_columns(table):
        raise Unusable(f"{where} was not written by a sweep: it has other columns")
    numbers = table["case"].unique().to_pylist()
    if not all(0 <= number < len(plan) for number in numbers):
        raise Unusable(f"{where} holds a case that is not of this sweep")
    for kind, number in {plan.kind(number): number for number in numbers}.items():
        if partition(folder, kind) != path.parent:
            raise Unusable(f"{where} holds case {number}, which belongs to another kind")
    if set(table["status"].unique().to_pylist()) - set(STATUSES):
        raise Unusable(f"{where} holds a status that no sweep writes")
    return table.cast(COLUMNS)


def to_table(plan: Plan, results: list[CaseResult]) -> Any:
    """Return the rows of these cases as a table, in the order of their numbers."""
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS.names}
    for result in sorted(results, key=lambda result: result.number):
        case = plan.case(result.number)
        of_case = vars(result) | {"case": case.number, "seed": case.settings.seed, "digit": case.digit}
        for name, values in columns.items():
            values += result.rows[name] if name in result.rows else [of_case[name]] * len(result.rows["step"])
    return pa.table(columns, schema=COLUMNS)


def has_columns(table: Any) -> bool:
    """Return whether the table has the names and types of COLUMNS; a text may be dictionary-encoded or not."""
    plain = {field.name: pa.string() if field.type == TEXT else field.type for field in table.schema}
    return plain == {field.name: pa.string() if field.type == TEXT else field.type for field in COLUMNS}


def parts(within: Path) -> list[Path]:
    """Return the Parquet files below a folder in the order in which they were written."""
    return sorted(within.rglob(f"{PART}*.parquet"), key=lambda path: (path.name, path))


def partition(folder: Path, kind: Kind) -> Path:
    """Return the folder of the cases of one kind."""
    return folder / CASES / f"dtype={kind.dtype}" / f"jit={XLA[kind.jit]}" / f"batch={kind.batch}"


def file_name(number: int, content: Any) -> str:
    """Return the name of a file: its number in the order of writing, and a digest that shows damage."""
    return f"{PART}{number:08d}-{hashlib.sha256(content).hexdigest()[:16]}.parquet"


def _number(path: Path) -> int:
    """Return the number in a file's name, or -1 if the name has none."""
    digits = path.name.removeprefix(PART).partition("-")[0]
    return int(digits) if digits.isdecimal() else -1


def _sync(folder: Path) -> None:
    """Sync a folder, so that the names of its files also survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
