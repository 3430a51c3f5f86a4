"""Where a command writes, and how much it says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Output:
    """`out` is the folder of the reports; `quiet`: the headline only; `verbose`: TensorFlow's own messages too."""

    out: Path
    quiet: bool = False
    verbose: bool = False
