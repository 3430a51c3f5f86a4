"""python -m verify.backprop: training steps, verified tensor by tensor; the essay's Tables 4, A-1, A-2."""

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
    """Return exit status 0 if all tensors agree, else 1.  Raises Unusable (status 2) or Unverifiable (status 3)."""
    arguments = parser("backprop", ABOUT, "--batch 32 --steps 3 --jit", training=True)
    options = read(arguments, argv, Options)
    return say(one("backprop", options), options)


if __name__ == "__main__":
    sys.exit(guarded(main))
