"""python -m verify.trace FILE shows what a trace holds; --against OTHER compares it with another trace."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reports import terminal
from reports.files import ReportFiles
from reports.table import Table
from verify.cli.arguments import Parser
from verify.cli.console import tell
from verify.cli.exit_status import guarded
from verify.cli.output import Output
from verify.errors import Unusable
from verify.records import trace_file
from verify.results.files import check_writable, write
from verify.trace import contents
from verify.trace.against import against
from verify.trace.against_result import AgainstResult

ABOUT = (
    "Show what a trace written by --save-trace holds, and whether it is as it was saved. With --against, hold two\n"
    "traces of one computation (with and without XLA, of two TensorFlow releases, of two machines) against each other\n"
    "and against the mathematics."
)


@dataclass(frozen=True, kw_only=True)
class TraceOptions(Output):
    """The options of the command: one trace, or two."""

    file: str
    against: str | None = None


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 if the trace is intact, or both are within rounding, else 1.  Raises Unusable (status 2)."""
    parsed = _parser().parse_args(argv)
    options = TraceOptions(Path(parsed.out), parsed.quiet, file=parsed.file, against=parsed.against)
    check_writable(options.out, "--out")
    if options.against is not None:
        pair = _pair(options.file, options.against)
        files = ReportFiles(pair.to_report(), pair.to_dict(), (pair.to_columns(),))
        return _finish(pair.headline, pair.passed, files, (pair.sources(), pair.tensors(short=True)), options)
    one = contents.read(options.file)
    files = ReportFiles(one.to_report(), one.to_dict(), (one.to_columns(),))
    return _finish(one.headline, one.passed, files, (one.made(), one.network(), one.tensors(short=True)), options)


def _finish(headline: str, passed: bool, files: ReportFiles, tables: Sequence[Table], options: TraceOptions) -> int:
    write(options.out, files, "trace")
    return tell(headline, passed, options, tables, ("report.md", f"{files.data[0].name}.csv"))


def _parser() -> Parser:
    parser = Parser("python -m verify.trace", ABOUT, "five.npz --against five_jit.npz")
    parser.add_argument("file", metavar="FILE", help="a trace written by --save-trace")
    parser.add_argument("--against", metavar="OTHER", help="another trace of the same computation")
    parser.add_argument("--out", default="out/trace", metavar="DIR", help="for the reports (%(default)s)")
    parser.add_argument("--quiet", action="store_true", help="print the headline only")
    return parser


def _pair(one: str, other: str) -> AgainstResult:
    a = trace_file.load(one)
    try:
        b = trace_file.load(other)
    except Unusable as error:
        raise Unusable(f"--against {error}") from error
    with terminal.progress("Comparing") as advance:
        try:
            return AgainstResult((one, other), (a, b), against(a, b, advance))
        except Unusable as error:
            raise Unusable(f"--against {other}: {error}") from error


if __name__ == "__main__":
    sys.exit(guarded(main))
