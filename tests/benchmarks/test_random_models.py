"""Fifty of the random models of `python -m benchmarks.soak --models`: none is outside, refused or not judged."""

import pytest

from verify.compare.walk import compare
from verify.errors import Unverifiable
from verify.runtime.stderr import hushed

FIRST, TOGETHER = 7000, 10


@pytest.mark.parametrize("first", range(FIRST, FIRST + 50, TOGETHER))
def test_random_models(first):
    with hushed():
        from benchmarks.random_models import drawn
        from verify.cli.capturing import capture_user_model
    refused = []
    for number in range(first, first + TOGETHER):
        with hushed():
            model, batches, text = drawn(number)
            try:
                trace = capture_user_model(model, batches)
            except Unverifiable as error:
                refused.append((number, str(error)))
                continue
        comparisons = compare(trace, "backprop").comparisons
        wrong = [c for c in comparisons if c.failed and c.verdict != "unjudged"]
        assert not wrong, (number, text, wrong[0])
        refused += [(number, c.explanation) for c in comparisons if c.failed][:1]
    assert not refused, refused
