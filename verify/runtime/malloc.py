"""Keep freed memory for the next step.

Every step makes and frees the same arrays of some 400 KB. glibc gives such blocks back to the system at once and
gets them again page by page, which takes longer than the arithmetic on them. This changes no result.
"""

from __future__ import annotations

import ctypes

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h
BLOCK, SPARE = 32 * 2**20, 64 * 2**20


def keep_freed() -> bool:
    """Ask the C library to; False where it cannot be asked (it is not glibc), and nothing has changed."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return all([mallopt(M_MMAP_THRESHOLD, BLOCK), mallopt(M_TRIM_THRESHOLD, SPARE), mallopt(M_TOP_PAD, SPARE // 4)])
