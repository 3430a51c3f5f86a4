"""The environment matrix: the same training steps under several TensorFlow releases and flags, verified in one table.

    python -m benchmarks.matrix --releases 2.19.1,2.20.0,2.21.0

Each release gets a virtual environment of its own (made in --folder, removed at the end unless --keep), with nothing
but TensorFlow and the Keras of its time. There `benchmarks/matrix_capture.py` captures three steps of 32 digits from
the same first weights, once per set of flags. The traces are then verified here and compared with the first of the same
precision. Exit status: 0 all are within rounding, 1 one is not or could not be captured, 2 the request cannot be used.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.matrix_table import Entry, write
from reference.network import ESSAY
from reports import terminal
from verify.cli.arguments import Parser
from verify.cli.exit_status import guarded
from verify.errors import Unusable
from verify.inputs import samples
from verify.records import trace_file
from verify.records.settings import Settings
from verify.results.files import check_writable

ROOT = Path(__file__).parents[1]
KERAS = {"2.16": "3.3", "2.17": "3.4", "2.18": "3.6", "2.19": "3.9", "2.20": "3.11", "2.21": "3.15"}  # of their times
WORK = Settings(batch=32, steps=3)


@dataclass(frozen=True)
class Flags:
    """Environment variables, threads (0: TensorFlow's choice), and what the settings change."""

    name: str
    variables: tuple[tuple[str, str], ...] = ()
    threads: int = 0
    dtype: str = "float32"
    jit: bool = False


FLAGS = (
    Flags("graph"),
    Flags("XLA", jit=True),
    Flags("oneDNN off", (("TF_ENABLE_ONEDNN_OPTS", "0"),)),
    Flags("one thread", threads=1),
    Flags("float64", dtype="float64"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.  Raises Unusable (status 2)."""
    given = _parser().parse_args(argv)
    releases = given.releases.split(",")
    for release in releases:
        if release.rpartition(".")[0] not in KERAS or not release.replace(".", "").isdigit():
            raise Unusable(f"--releases {release!r}: a release of {', '.join(KERAS)} in full is needed, such as 2.21.0")
    check_writable(Path(given.out), "--out")
    folder = Path(given.folder or tempfile.mkdtemp(prefix="matrix-")).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    _work(folder / "work.npz")
    entries = []
    with terminal.progress("Releases and flags") as each:
        for entry in captured(releases, folder, given.keep):
            entries.append(entry)
            each(len(entries), len(releases) * len(FLAGS))
    if not given.keep and not given.folder:
        shutil.rmtree(folder, ignore_errors=True)
    return write(entries, Path(given.out), given.record)


def _parser() -> Parser:
    made = Parser("python -m benchmarks.matrix", __doc__ or "", "--releases 2.20.0,2.21.0")
    made.add_argument("--releases", default="2.19.1,2.20.0,2.21.0", metavar="X,Y", help="of TensorFlow (%(default)s)")
    made.add_argument("--folder", metavar="DIR", help="for environments and traces (a temporary one)")
    made.add_argument("--keep", action="store_true", help="leave the environments, and use those that are there")
    made.add_argument("--out", default="out/matrix", metavar="DIR", help="for the table (%(default)s)")
    made.add_argument("--record", action="store_true", help="write the result into benchmarks/results")
    return made


def captured(
    releases: list[str], folder: Path, keep: bool,
    install: Callable[[str, Path], str] | None = None, capture: Callable[[Path, Path, Flags, Path], str] | None = None,
) -> Iterator[Entry]:  # fmt: skip
    """Yield an entry for every release under every flag; it says why if there is no capture."""
    for release in releases:
        environment = folder / f"tensorflow-{release}"
        problem = (install or installed)(release, environment)
        for flags in FLAGS:
            path = folder / f"{release}-{flags.name.replace(' ', '-')}.npz"
            why = problem or (capture or capture_in)(environment, folder, flags, path)
            yield Entry(release, flags.name, None if why else trace_file.load(str(path)), why)
        if not keep:
            shutil.rmtree(environment, ignore_errors=True)


def installed(release: str, environment: Path, keras: str = "") -> str:
    """Make the environment, with the Keras of its time if none is named; return why it could not be made, or ""."""
    if (environment / "ready").exists():
        return ""
    shutil.rmtree(environment, ignore_errors=True)
    keras = keras or f"{KERAS[release.rpartition('.')[0]]}.*"
    wanted = [f"tensorflow=={release}", f"keras=={keras}"]
    python = str(environment / "bin" / "python")
    for command in ([sys.executable, "-m", "venv", str(environment)], [python, "-m", "pip", "install", "-q", *wanted]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            return f"could not be installed: {_last_line(done.stderr)}"
    (environment / "ready").touch()
    return ""


def capture_in(environment: Path, folder: Path, flags: Flags, path: Path) -> str:
    """Capture there, without this process's environment variables; return why it failed, or ""."""
    chosen = folder / "settings.json"
    chosen.write_text(json.dumps(replace(WORK, dtype=flags.dtype, jit=flags.jit).to_dict()))
    path.unlink(missing_ok=True)
    variables = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONPATH": str(ROOT),
                 "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONDONTWRITEBYTECODE": "1", **dict(flags.variables)}  # fmt: skip
    files = [str(folder / "work.npz"), str(chosen), str(path)]
    command = [str(environment / "bin" / "python"), "-m", "benchmarks.matrix_capture", *files, str(flags.threads)]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    return f"could not be captured: {_last_line(done.stderr)}" if done.returncode else ""


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("error: ").removeprefix("could not verify: ")[:200] if lines else "it says nothing"


def _work(path: Path) -> None:
    """Save the images, labels and first weights (Glorot's, from seed 0) that all captures use."""
    drawn = samples.load(WORK.data, WORK.split)
    rng = np.random.default_rng(0)
    weights = {}
    for name in ESSAY.parameters():
        rows, columns = ESSAY.shape(name)
        limit = np.sqrt(6 / (rows + columns)) if name[0] == "W" else 0.0
        weights[name] = rng.uniform(-limit, limit, (rows, columns)).astype(np.float32)
    np.savez(path, allow_pickle=False, pixels=drawn.pixels, labels=drawn.labels, **weights)


if __name__ == "__main__":
    sys.exit(guarded(main))
