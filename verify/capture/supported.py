"""Print what is verified, as Markdown: python -m verify.capture.supported.

The first table has all layers, the second all losses, optimizers and other parts of the installed Keras.
"""

import re
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import suppress
from inspect import isclass, isfunction
from typing import Any

import keras

from reference.layers import kinds
from reference.schedules import SCHEDULES
from verify.capture import losses, optimizers
from verify.capture.layers import by_function, readers
from verify.capture.parameters import CONSTRAINTS, REGULARIZERS
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


def parts() -> dict[str, tuple[list[str], list[str]]]:
    """Return for each kind of part the names of Keras's that are verified, and of those that are refused."""
    schedules = keras.optimizers.schedules
    functions = {f for f in vars(keras.activations).values() if isfunction(f)}
    no_activation = {keras.activations.get, keras.activations.serialize, keras.activations.deserialize}
    every: dict[str, tuple[Iterable[Any], Iterable[Any]]] = {
        "losses": (_classes(keras.losses, keras.losses.Loss), losses.by_class()),
        "optimizers": (_classes(keras.optimizers, keras.optimizers.Optimizer), optimizers.by_class()),
        "regularizers": (_classes(keras.regularizers, keras.regularizers.Regularizer), REGULARIZERS),
        "constraints": (_classes(keras.constraints, keras.constraints.Constraint), CONSTRAINTS),
        "learning rates": (
            _classes(schedules, schedules.LearningRateSchedule),
            {getattr(schedules, kind.__name__) for kind in SCHEDULES.values()},
        ),
        "activations": (functions - no_activation, by_function()),
    }
    return {name: _divided(of_keras, set(known)) for name, (of_keras, known) in every.items()}


def table_of_parts() -> str:
    """Return the table of losses, optimizers and other parts as Markdown, with its sum in the last row."""
    found = parts()
    rows = [
        f"| {name} | {len(good)} of {len(good) + len(bad)} | {', '.join(good)} | {', '.join(bad)} |"
        for name, (good, bad) in found.items()
    ]
    good, bad = (sum(len(names[k]) for names in found.values()) for k in (0, 1))
    head = [f"| Keras {keras.__version__} | verified | these | refused by name |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, f"| all | {good} of {good + bad} ({good / (good + bad):.1%}) | | |"])


def _classes(module: Any, base: type) -> set[type]:
    """Return the classes of one of Keras's modules that are made from this base; an alias is not counted again."""
    return {kind for kind in vars(module).values() if isclass(kind) and issubclass(kind, base) and kind is not base}


def _divided(of_keras: Iterable[Any], known: set[Any]) -> tuple[list[str], list[str]]:
    """Return the names of what is verified, and of what is not, each sorted."""
    names = sorted((part.__name__, part in known) for part in of_keras)
    return [name for name, good in names if good], [name for name, good in names if not good]


def _name(row: tuple[str, str, str]) -> str:
    """Return the first name that a row shows."""
    return (row[0] or row[1].strip('"')).lower()


if __name__ == "__main__":
    ArgumentParser(description=__doc__).parse_args()
    with suppress(BrokenPipeError):
        print(f"{table()}\n\n{table_of_parts()}")
