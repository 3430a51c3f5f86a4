"""Variants that all layers share which pool windows."""

from collections.abc import Iterator
from dataclasses import replace

from reference.sliding import Sliding


def other_windows(sliding: Sliding) -> Iterator[tuple[str, Sliding]]:
    """Yield the names of mistakes, and how the windows slide then: on the other side of the padding, by other steps."""
    ends = zip(sliding.inputs, sliding.outputs, sliding.kernel, sliding.strides, sliding.before, strict=True)
    behind = tuple(max((o - 1) * s + k - i - b, 0) for i, o, k, s, b in ends)
    if behind != sliding.before:
        yield "padding on the other side", replace(sliding, before=behind)
    moved = tuple(b - 1 for b in sliding.before)
    if moved != behind:
        yield "windows moved by one", replace(sliding, before=moved)
    if any(s > 1 for s in sliding.strides):
        yield "stride 1 in place of the stride", replace(sliding, strides=tuple(1 for _ in sliding.strides))
    if any(k > 2 for k in sliding.kernel):
        smaller = tuple(max(1, k - 1) for k in sliding.kernel)
        yield "window smaller by one", replace(sliding, kernel=smaller)
