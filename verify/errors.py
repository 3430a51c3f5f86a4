"""How a command can end other than by a verdict; each is one sentence on stderr."""

from __future__ import annotations


class Unusable(Exception):
    """The request or an input cannot be used: exit status 2. The text names the option or file."""


class Unverifiable(Exception):
    """Nothing could be verified: exit status 3."""
