"""python -m verify.feedforward: one forward pass, verified tensor by tensor; the essay's Table 3."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from verify import options, run

ABOUT = "Verify one forward pass: every Z and A and the cost, by hand and by TensorFlow. Writes Table 3."


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 agrees, 1 does not; raises Unusable (2) or Unverifiable (3)."""
    parser = options.parser("feedforward", ABOUT, "--digit 5 --data ../mnist", training=False)
    given = options.check_trace(parser, parser.parse_args(argv))
    result = run.one("feedforward", given)
    run.say(result, given)
    return 0 if result.passed else 1


if __name__ == "__main__":
    sys.exit(run.guarded(main))
