"""python -m verify.feedforward: one forward pass, verified tensor by tensor; the essay's Table 3."""

import sys
from collections.abc import Sequence

from verify.cli.exit_status import guarded
from verify.cli.options import Options, parser, read
from verify.cli.run import one, say

ABOUT = "Verify one forward pass: every Z and A and the cost, by hand and by TensorFlow. Writes Table 3."


def main(argv: Sequence[str] | None = None) -> int:
    """Return exit status 0 if all tensors agree, else 1.  Raises Unusable (status 2) or Unverifiable (status 3)."""
    arguments = parser("feedforward", ABOUT, "--digit 5 --data ../mnist", training=False)
    options = read(arguments, argv, Options)
    return say(one("feedforward", options), options)


if __name__ == "__main__":
    sys.exit(guarded(main))
