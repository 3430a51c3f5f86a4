"""The versions that a case's numbers depend on: this project's source, Python, TensorFlow, Keras and NumPy.

They are read from the metadata of the installed packages, which is fast and imports none of them.
"""

import hashlib
import platform
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of this process by name: By Hand's source, Python, packages ("none" if not installed).

    The source has the first twelve hexadecimal digits of a SHA-256 of `reference` and `verify`.
    """
    digest = hashlib.sha256()
    for path in sorted(p for name in ("reference", "verify") for p in (ROOT / name).rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode() + content)
    by_name = {"By Hand's source": digest.hexdigest()[:12], "Python": platform.python_version()}
    for name in ("tensorflow", "keras", "numpy"):
        by_name[name] = "none"
        with suppress(PackageNotFoundError):
            by_name[name] = version(name)
    return by_name


def first_difference(wanted: Mapping[str, str], present: Mapping[str, str]) -> str:
    """Return the first difference in words, as in "Python 3.12.1, not 3.11.7", or "" if all versions are equal."""
    for name, value in wanted.items():
        if present.get(name, "none") != value:
            return f"{name} {present.get(name, 'none')}, not {value}"
    return ""
