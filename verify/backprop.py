"""python -m verify.backprop: training steps, verified tensor by tensor; the essay's Tables 4, A-1, A-2."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from verify.cli.exit_status import guarded
from verify.cli.options import Options, parser, read
from verify.cli.run import one, say

ABOUT = (
    "Verify training steps: every Z, A, gradient, moment, update and new weight, by hand and by TensorFlow.\n"
    "Writes Tables 4, A-1 and A-2."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 agrees, 1 does not; raises Unusable (2) or Unverifiable (3)."""
    made = parser("backprop", ABOUT, "--batch 32 --steps 3 --jit", training=True)
    options = read(made, argv, Options)
    return say(one("backprop", options), options)


if __name__ == "__main__":
    sys.exit(guarded(main))
