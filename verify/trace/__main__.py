"""python -m verify.trace FILE shows what a trace holds; --against OTHER compares it with another trace."""

import sys
from collections.abc import Sequence
from pathlib import Path

from reports import terminal
from reports.files import ReportFiles
from verify.cli.arguments import Parser
from verify.cli.console import Output, tell
from verify.cli.exit_status import guarded
from verify.errors import Unusable
from verify.records import trace_file
from verify.results.files import check_writable, write
from verify.trace import contents
from verify.trace.against import against
from verify.trace.against_result import AgainstResult

ABOUT = (
    "Show what a trace written by --save-trace holds, and whether it is as it was saved. With --against, compare two\n"
    "traces of one computation (with and without XLA, of two TensorFlow releases, of two machines) with each other\n"
    "and with the mathematics."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Return 0 if the trace is intact, or both are within rounding, else 1.  Raises Unusable (status 2)."""
    parser = Parser("python -m verify.trace", ABOUT, "five.npz --against five_jit.npz")
    parser.add_argument("file", metavar="FILE", help="a trace written by --save-trace")
    parser.add_argument("--against", metavar="OTHER", help="another trace of the same computation")
    parser.add_argument("--out", default="out/trace", metavar="DIR", help="for the reports (%(default)s)")
    parser.add_argument("--quiet", action="store_true", help="print the headline only")
    parsed = parser.parse_args(argv)
    output = Output(Path(parsed.out), parsed.quiet)
    check_writable(output.out, "--out")
    result = contents.read(parsed.file) if parsed.against is None else _compare(parsed.file, parsed.against)
    columns = result.to_columns()
    write(output.out, ReportFiles(result.to_report(), result.to_dict(), (columns,)), "trace")
    tables = result.tables(short=True)
    return tell(result.headline, result.passed, output, tables, ("report.md", f"{columns.name}.csv"))


def _compare(path_a: str, path_b: str) -> AgainstResult:
    """Return the comparison of two trace files.  Raises Unusable; its text names --against if the second is wrong."""
    a = trace_file.load(path_a)
    try:
        b = trace_file.load(path_b)
    except Unusable as error:
        raise Unusable(f"--against {error}") from error
    with terminal.progress("Comparing") as advance:
        try:
            return AgainstResult((path_a, path_b), (a, b), against(a, b, advance))
        except Unusable as error:
            raise Unusable(f"--against {path_b}: {error}") from error


if __name__ == "__main__":
    sys.exit(guarded(main))
