"""Print the table of all layers that are verified, as Markdown: python -m verify.capture.supported."""

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import suppress

from reference.layers import kinds
from verify.capture.layers import readers
from verify.capture.reader import ActivationReader


def rows() -> Iterator[tuple[str, str, str]]:
    """Yield for each kind of layer its Keras layers, its activation function and operations, and its equation."""
    for kind, reader in sorted(readers().items()):
        if kind not in kinds():
            continue
        layers = ", ".join(sorted({layer.__name__ for layer in reader.types} - {"InputLayer"}))
        functions = [f'"{reader.function.__name__}"'] if isinstance(reader, ActivationReader) else []
        operations = [name.rpartition(".")[2] for name in reader.operations if ".ops." in name]
        functions += [f"ops.{re.sub(r'(?<=[a-z])(?=[A-Z])', '_', name).lower()}" for name in operations]
        equation = (kinds()[kind].__doc__ or "").strip().splitlines()[0].replace("|", "\\|")
        yield layers or ("Input" if kind == "input" else ""), ", ".join(functions), equation


def table() -> str:
    """Return the table as Markdown, in the order of the names that it shows."""
    lines = ["| Keras layer | activation, operation | what it computes |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in sorted(rows(), key=_name))])


def _name(row: tuple[str, str, str]) -> str:
    """Return the first name that a row shows."""
    return (row[0] or row[1].strip('"')).lower()


if __name__ == "__main__":
    ArgumentParser(description=__doc__).parse_args()
    with suppress(BrokenPipeError):
        print(table())
