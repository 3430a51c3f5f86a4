"""The versions that a case's numbers depend on: this project's source, Python, TensorFlow, Keras and NumPy.

They are read from the metadata of the installed packages, which is fast and imports none of them.
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
    """Return the first twelve hexadecimal digits of a SHA-256 of the source of `reference` and `verify`."""
    digest = hashlib.sha256()
    for path in sorted(p for name in ("reference", "verify") for p in (ROOT / name).rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:12]


def here() -> dict[str, str]:
    """Return the versions of this process by name: By Hand's source, Python, packages."""
    own = {"By Hand's source": source(), "Python": platform.python_version()}
    return own | {name: _version(name) for name in PACKAGES}


def _version(package: str) -> str:
    """Return the version of an installed package, or "none"."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def difference(wanted: Mapping[str, str], found: Mapping[str, str]) -> str:
    """Return the first difference in words, as in "Python 3.12.1, not 3.11.7", or "" if all versions are equal."""
    for name, value in wanted.items():
        if found.get(name, "none") != value:
            return f"{name} {found.get(name, 'none')}, not {value}"
    return ""
