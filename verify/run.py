"""Run one command: settings, capture or trace, compare, write, say. The exit statuses are made here."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.text import Text

from reference.tensor_names import is_state
from reports import as_csv, as_html, as_markdown, files, terminal
from reports.plain import plain
from reports.table import Cell, Columns, Report, Table
from verify import essay_tables, options, trace, view
from verify.compare import Compared, compare
from verify.errors import Unsupported, Unusable, Unverifiable
from verify.hush import hushed
from verify.ladder import Comparison, Tolerance
from verify.pick import pick, pictures
from verify.power import power
from verify.result import DERIVED, Result, summary
from verify.samples import Samples
from verify.settings import Settings
from verify.trace import Array, Trace

PICTURES = ("given.png", "seen.png")
MADE = {  # what only some runs of a command write: it does not outlive them
    "feedforward": ("table3.csv", *PICTURES),
    "backprop": (*(f"{name}.csv" for name, _ in essay_tables.TABLES.values()), *PICTURES),
    "prediction": ("table6.csv", "predictions.csv", *PICTURES),
}
STRUCTURE = ("missing", "extra", "shape", "dtype")


def guarded(main: Callable[[Sequence[str] | None], int], argv: Sequence[str] | None = None) -> int:
    """Run a command's main; turn what it raises into one sentence and an exit status."""
    try:
        return main(argv)
    except Unusable as error:
        status, text = 2, f"error: {error}"
        if isinstance(error, Unsupported):
            say_unsupported(error)
    except Unverifiable as error:
        status, text = 3, f"error: could not verify: {error}"
    except KeyboardInterrupt as stop:
        status, text = 130, str(stop) or "interrupted"
    print(plain(text), file=sys.stderr)
    return status


def say_unsupported(error: Unsupported) -> None:
    """A row for each thing in a model that is not verified."""
    rows = tuple(tuple(map(Cell, ("UNSUPPORTED", what, why))) for what, why in error.rows)
    table = Table("What By Hand does not verify", ("verdict", "what", "why"), rows)
    say_all("", False, (table,), "")


def one(command: str, given: argparse.Namespace) -> Result:
    """Carry out one command and write its files.  Raises Unusable or Unverifiable."""
    tolerance = options.tolerance(given)
    out = Path(given.out)
    check_writable(out, "--out")
    held = from_file(command, given) if given.trace else capture_for(command, given)
    if given.save_trace:
        save(Path(given.save_trace), held)
    result = replace(judge(command, held, tolerance, getattr(given, "full", False)), pictures=pictures(given))
    write(result, out)
    return result


def judge(command: str, held: Trace, tolerance: Tolerance | None, full: bool = False) -> Result:
    """Compare a trace; the result with its tables.  Raises Unverifiable if there was nothing to compare."""
    compared = compare(held, command, tolerance)
    policy = f"rtol {tolerance.rtol:g} and atol {tolerance.atol:g}" if tolerance else DERIVED
    tables, data = _tables(command, held, compared, full)
    result = Result(
        command, held.settings, held.environment, compared.comparisons, policy, tables, data, compared=compared,
        tolerance=tolerance,
    )  # fmt: skip
    if result.passed:
        result = replace(result, power=power(compared.walk, tolerance))
    if not result.elements and result.first_divergence is None:
        raise Unverifiable("nothing was compared")
    return result


def say(result: Result, given: argparse.Namespace) -> None:
    """The headline, one table, where the files are."""
    full = result.command == "feedforward" and result.tables and result.passed
    tables = () if given.quiet else (result.tables[0] if full else short(result),)
    where = "" if given.quiet else f"Reports: {Path(given.out) / 'report.html'}, report.md, comparisons.csv"
    say_all(result.headline, result.passed, tables, where)


def say_all(headline: str, passed: bool, tables: Iterable[Table], where: str, text: str = "") -> None:
    """Print it; `text` as it is, line by line. Trouble with the output does not change the verdict."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        to = terminal.console()
        if headline:
            terminal.headline(to, headline, passed)
        for table in tables:
            terminal.table(to, table)
        for line in (*text.splitlines(), *([where] if where else [])):
            to.print(Text(plain(line)), soft_wrap=True)
        sys.stdout.flush()
    except (OSError, SystemExit):  # whoever read it has gone, or there is no room: rich exits on a broken pipe
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)


def short(result: Result) -> Table:
    """One row a tensor; of several steps, or many failures, the worst step of each tensor."""
    worst: dict[str, Comparison] = {}
    for c in result.local:
        before = worst.get(c.tensor)
        if before is None or (not c.passed, c.utilisation) > (not before.passed, before.utilisation):
            worst[c.tensor] = c
    rows = tuple(c for c in worst.values() if c.order == 0 or not is_state(c.tensor, "before"))
    title = "Each tensor against its equation, on TensorFlow's own inputs"
    return summary(rows, title + (" (its worst step)" if result.settings.steps > 1 else ""))


def capture_for(command: str, given: argparse.Namespace) -> Trace:
    """What the options ask for, from TensorFlow.  Raises Unusable or Unverifiable."""
    if getattr(given, "model", None):
        from verify.own import capture_own  # it imports this module

        return capture_own(command, given)
    picked = pick(given, batch=given.batch)
    chosen = {name: getattr(given, name) for name in ("seed", "dtype", "split", "batch", "jit")}
    if command == "backprop":
        chosen |= {name: getattr(given, name) for name in ("steps", "optimizer", "loss")}
    settings = Settings(command=command, data=picked.data, index=picked.index, **chosen)
    return captured(settings, picked.samples, given.verbose)


def captured(settings: Settings, drawn: Samples, verbose: bool, weights: Mapping[str, Array] | None = None) -> Trace:
    """Import TensorFlow and capture.  Raises Unverifiable whatever goes wrong in it."""
    with waiting("Starting TensorFlow and capturing"), hushed(verbose):
        try:
            from verify.capture import capture
        except ImportError as error:
            raise Unverifiable(f"TensorFlow cannot be imported ({error})") from error
        try:
            return capture(settings, drawn, weights)
        except Unverifiable:
            raise
        except Exception as error:  # whatever TensorFlow raises: the step was not captured
            text = (str(error).splitlines() or [""])[0][:200]
            raise Unverifiable(f"TensorFlow failed in the capture: {type(error).__name__} {text}") from error


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """A moving sign while something takes seconds, on a terminal only."""
    to = terminal.console(sys.stderr)
    if not to.is_terminal:
        yield
        return
    with to.status(text + " …"):
        yield


def from_file(command: str, given: argparse.Namespace) -> Trace:
    """The trace of --trace.  Raises Unusable if it cannot serve this command."""
    held = trace.load(given.trace)
    if command == "backprop" and not held.settings.training:
        raise Unusable(f"--trace {given.trace}: it holds a forward pass only; verify it with verify.feedforward")
    return held


def _tables(command: str, held: Trace, compared: Compared, full: bool) -> tuple[tuple[Table, ...], tuple[Columns, ...]]:
    """The essay's tables; none where the trace lacks what they are made of."""
    if any(c.verdict in STRUCTURE for c in compared.comparisons):
        return (), ()
    if command == "feedforward":
        table, columns = essay_tables.table_3(held, compared.by_hand[0])
        return (table,), (columns,)
    made = list(essay_tables.update_tables(held, compared.by_hand[-1], compared.comparisons, full))
    return tuple(table for table, _ in made), tuple(columns for _, columns in made)


def write(result: Result, out: Path) -> None:
    """All files of one run.  Raises Unusable if they cannot be written."""
    report = result.to_report()
    contents = {"result.json": result.to_json(), "report.md": as_markdown.render(report).encode()}
    contents["report.html"] = _page(result, report).encode()
    for columns in (result.to_columns(), *result.data):
        contents[f"{columns.name}.csv"] = as_csv.render(columns)
    contents |= {picture.name: picture.content for picture in report.pictures}
    stale = set(MADE[result.command]) - set(contents)
    write_all(out, contents, "--out", stale)


def _page(result: Result, report: Report) -> str:
    """report.html: the tables that its own parts do not hold already, and everything from near."""
    return as_html.render(replace(report, tables=result.tables), view.detail(result))


def write_all(folder: Path, contents: dict[str, bytes], option: str, stale: Iterable[str] = ()) -> None:
    """Write files; a failure becomes Unusable, naming the option."""
    try:
        files.write(folder, contents, stale)
    except OSError as error:
        raise Unusable(f"{option} {folder}: cannot be written ({error.strerror or error})") from error


def save(path: Path, held: Trace) -> None:
    """Write --save-trace."""
    check_writable(path.parent, "--save-trace")
    write_all(path.parent, {path.name: trace.to_bytes(held)}, "--save-trace")


def check_writable(folder: Path, option: str) -> None:
    """Before anything takes time: can the folder be written, or made? Makes nothing yet."""
    place = os.path.abspath(folder)
    while not os.path.lexists(place) and os.path.dirname(place) != place:
        place = os.path.dirname(place)
    if not os.path.isdir(place):
        raise Unusable(f"{option} {folder}: cannot be written ({place} is not a folder)")
    if not os.access(place, os.W_OK | os.X_OK):
        raise Unusable(f"{option} {folder}: cannot be written (permission denied)")
