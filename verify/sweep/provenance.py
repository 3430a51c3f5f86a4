"""What a case's numbers depend on beside its settings: versions of this project, TensorFlow, Python, and the data.

Read from the installed packages' own records, so that asking takes no time and imports none of them.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("tensorflow", "keras", "numpy")


@cache
def source() -> str:
    """Twelve hexadecimal digits that say which source of `reference` and `verify` this is."""
    found = hashlib.sha256()
    for path in sorted(p for name in ("reference", "verify") for p in (ROOT / name).rglob("*.py")):
        content = path.read_bytes()
        found.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode() + content)
    return found.hexdigest()[:12]


def here() -> dict[str, str]:
    """By Hand's source, Python and packages of this process, by name."""
    own = {"By Hand's source": source(), "Python": platform.python_version()}
    return own | {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def difference(wanted: Mapping[str, str], found: Mapping[str, str]) -> str:
    """The first that is not the same, as "Python 3.12.1, not 3.11.7"; "" where all are."""
    for name, value in wanted.items():
        if found.get(name, "none") != value:
            return f"{name} {found.get(name, 'none')}, not {value}"
    return ""
