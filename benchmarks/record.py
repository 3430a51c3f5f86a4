"""Write what a benchmark measured as one JSON file in benchmarks/results.

A benchmark describes its table as a `Measurement` and hands the rows to `finish`, which prints the table. With the
option `--record` it also writes the file. `python -m benchmarks.results` makes RESULTS.md of all the files.
"""

import argparse
import datetime
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.results import FOLDER, section

SCHEMA = "byhand-benchmark/1"
VARIABLES = ("TF_ENABLE_ONEDNN_OPTS", "ONEDNN_MAX_CPU_ISA", "XLA_FLAGS")  # part of the command if they are set
Cell = str | int | float | None | list[float]  # a list has the median, the lowest and the highest value


@dataclass(frozen=True)
class Column:
    """A column: its name, the unit of its numbers, and their format as Python's `format` takes it."""

    name: str
    unit: str = ""
    format: str = ""


@dataclass(frozen=True)
class Measurement:
    """The description of a table: the name of its JSON file, a title, one sentence on what is measured, the columns.

    `packages` are those whose versions are recorded.
    """

    name: str
    title: str
    measures: str
    columns: tuple[Column, ...]
    packages: tuple[str, ...] = ("tensorflow", "keras", "numpy")


def parser(about: str | None) -> argparse.ArgumentParser:
    """Return a parser of options that shows `about` as it is and knows `--record`."""
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--record", action="store_true", help="write the result into benchmarks/results")
    return made


def finish(measurement: Measurement, rows: Sequence[Sequence[Cell]], record: bool, note: str = "") -> None:
    """Print the table of these rows, and write its JSON file if `record`. `note` is Markdown, shown below the table."""
    result = {
        "schema": SCHEMA, "title": measurement.title, "measures": measurement.measures, "command": command(),
        "date": datetime.date.today().isoformat(), "machine": machine(), "versions": versions(measurement.packages),
        "columns": [asdict(column) for column in measurement.columns], "rows": [list(row) for row in rows],
        "note": note,
    }  # fmt: skip
    print(section(result))
    if record:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{measurement.name}.json").write_text(to_json(result), encoding="utf-8")


def to_json(result: Mapping[str, Any]) -> str:
    """Return the result as JSON, each column and each row of the table on a line."""
    text = json.dumps({**result, "columns": "COLUMNS", "rows": "ROWS"}, indent=1, ensure_ascii=False)
    for key in ("columns", "rows"):
        lines = ",\n  ".join(json.dumps(line, ensure_ascii=False) for line in result[key])
        text = text.replace(f'"{key.upper()}"', f"[\n  {lines}\n ]")
    return text + "\n"


def command() -> str:
    """Return the command that runs this process, without `--record`."""
    given = [f"{name}={shlex.quote(os.environ[name])}" for name in VARIABLES if os.environ.get(name)]
    words = [word for word in sys.argv[1:] if word != "--record"]
    return " ".join([*given, f"python -m benchmarks.{Path(sys.argv[0]).stem}", *map(shlex.quote, words)])


def machine() -> str:
    """Return the processor, whether it has AVX-512, its number of cores, the memory and the system."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")] or ["unknown processor"]
    wide = "AVX-512" if any("avx512f" in line for line in lines) else "no AVX-512"
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{names[0]} ({wide}), {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of Python and of the packages that are installed."""
    installed = {"python": platform.python_version()}
    for name in packages:
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            continue
    return installed


def spread(values: Sequence[float]) -> list[float]:
    """Return the median, the lowest and the highest value, to four significant digits."""
    return [float(f"{value:.4g}") for value in (statistics.median(values), min(values), max(values))]


def child(module: str, words: Sequence[str], variables: Mapping[str, str] | None = None) -> Any:
    """Run `python -m module words` with these environment variables; return the JSON in its last line of output.

    The lines before go to standard error. Raises SystemExit with what it wrote to standard error if it printed no JSON.
    """
    environment = {**os.environ, **(variables or {})}
    done = subprocess.run([sys.executable, "-m", module, *words], capture_output=True, text=True, env=environment)
    try:
        *before, last = done.stdout.splitlines()
        print(*before, sep="\n", end="\n" if before else "", file=sys.stderr, flush=True)
        return json.loads(last)
    except ValueError:
        raise SystemExit(done.stderr or f"{module} ended with status {done.returncode}") from None
